// What a notice is found by: an identity, and the key of its row.
import type { Mutant } from "../Mutant.ts"

const keys = "test/integration/outbox-keys.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "keys that begin alike are one key",
    file: "src/Keyed.ts",
    find: " and ${notice}.key = ${key}",
    replace: "",
    test: keys,
    says: "is told from another that begins as it does"
  },
  {
    name: "an index has a whole key",
    file: "src/migrations/0001_outbox.ts",
    find: "(left(key, 300))",
    replace: "(left(key, 3000))",
    test: keys,
    says: "is captured, though each character has four bytes"
  },
  {
    name: "keys are looked for without their index",
    file: "src/Keyed.ts",
    find: ' collate "C" and',
    replace: " and",
    test: keys,
    says: "are looked for in the index of the unsettled ones"
  },
  {
    name: "ids come in the order of time, and the planner knows",
    file: "src/NewId.ts",
    find: "2, 5) from 2), 6",
    replace: "2, 6) from 1), 6",
    test: keys,
    says: "the planner sees no order in it"
  },
  {
    name: "a notice has another id at each claim",
    file: "src/NewId.ts",
    find: "id = coalesce(o.id, ${newId})",
    replace: "id = ${newId}",
    test: keys,
    says: "is the notice's from its first claim on"
  },
  {
    name: "of two that came in the same moment both are mailed",
    file: "src/ClaimStatement.ts",
    find: '${rankOf("n.id")}, n.ctid) ${age',
    replace: "${rankOf(\"n.id\")}, '(0,0)'::tid) ${age",
    test: keys,
    says: "decides between two that nobody has claimed by where they are"
  },
  {
    name: "whoever copies a database parks what has no id",
    file: "src/Identity.ts",
    find: "`${named}, outcome = 'parked',",
    replace: "`outcome = 'parked',",
    test: "test/integration/identity.test.ts",
    says: "is adopted in short statements"
  }
]
