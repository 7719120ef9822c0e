// Where a claim begins to look: what lies below must not wait for ever, and what was settled costs nothing.
import type { Mutant } from "../Mutant.ts"

const file = "src/LowWater.ts"
const test = "test/integration/outbox-low-water.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "nobody looks at everything again while mails flow",
    file,
    find: "now - this.#looked < trusted ? this.#mark : -Infinity",
    replace: "this.#mark",
    test,
    says: "sees within a second what came up among the older ones"
  },
  {
    name: "nobody looks at everything again after the last mail",
    file,
    find: "return Math.min(untilDue ?? trusted, this.#looked + trusted - now)",
    replace: "return untilDue",
    test,
    says: "comes again within a second where it has not looked at everything"
  },
  {
    name: "what is committed a moment after what came later waits for a second",
    file,
    find: "asOf + Math.min(untilDue ?? 0, -late)",
    replace: "asOf + Math.min(untilDue ?? 0, 0)",
    test: "test/LowWater.test.ts",
    says: "lies below what was made just now"
  },
  {
    name: "a claim walks over everything that was settled",
    file: "src/ClaimStatement.ts",
    find: 'const notBelow = "due_at >= to_timestamp($5::float8 / 1000)"',
    replace: 'const notBelow = "$5::float8 is not null"',
    test,
    says: "walks over nothing that was settled"
  },
  {
    name: "a claim looks a minute ahead for what comes due",
    file: "src/ClaimStatement.ts",
    find: "statement_timestamp() + interval '1 s' end",
    replace: "statement_timestamp() + interval '1 hour' end",
    test,
    says: "walks over nothing that was settled"
  },
  {
    name: "what a claim has begun is forgotten when looking closer fails",
    file: "src/Claim.ts",
    find: "claimed === 0 ? all :",
    replace: "claimed >= 0 ? all :",
    test: "test/integration/outbox-begun.test.ts",
    says: "is not forgotten when the look at what two rows have had the key of fails"
  },
  {
    name: "that looking closer failed is told to nobody",
    file: "src/Claim.ts",
    find: "untold = failure",
    replace: "void failure",
    test: "test/integration/outbox-begun.test.ts",
    says: "is not forgotten when the look at what two rows have had the key of fails"
  }
]
