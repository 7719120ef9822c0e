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
    file: "src/migrations/0001_outbox.ts",
    find: "2, 5) from 2), 6",
    replace: "2, 6) from 1), 6",
    test: keys,
    says: "the planner sees no order in it"
  }
]
