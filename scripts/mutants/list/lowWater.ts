// Where a claim begins to look: what lies below must not wait for ever, and what was settled costs nothing.
import type { Mutant } from "../Mutant.ts"

const file = "src/LowWater.ts"
const test = "test/integration/outbox-low-water.test.ts"
const unit = "test/LowWater.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "each claim puts off the look at everything",
    file,
    find: "Math.min(this.#look, now + soon)",
    replace: "now + soon",
    test: unit,
    says: "has everything looked at a quarter of a second after the first"
  },
  {
    name: "nobody looks at everything again after the last mail",
    file,
    find: "? 0 : Math.max(0, this.#look - now)",
    replace: "? 0 : 60_000",
    test,
    says: "has another one come by then"
  },
  {
    name: "what a look has left waits for the next one",
    file,
    find: "passedOver ? now : ",
    replace: "",
    test: "test/integration/outbox-fresh.test.ts",
    says: "takes turns with looks at everything"
  },
  {
    name: "what a look has left lies below where the next claim begins",
    file,
    find: "left[at] === true ? -Infinity : mark",
    replace: "mark",
    test: unit,
    says: "has it looked at again at once"
  },
  {
    name: "what is committed a moment after what came later waits for a look",
    file,
    find: "(taken.full && taken.count > few ? 1 : late)",
    replace: "1",
    test: unit,
    says: "lies below what was made just now"
  },
  {
    name: "what a look has left of one table has a claim walk over all that was settled of another",
    file,
    find: "left[at] === true",
    replace: "left.includes(true)",
    test: unit,
    says: "is each table's own"
  },
  {
    name: "a table in which much is fresh puts off what a look has left of another",
    file,
    find: "left && this.#full[at] !== true",
    replace: "left && !this.#full.includes(true)",
    test: unit,
    says: "however much is of another"
  },
  {
    name: "what somebody else holds while everything is looked at is not looked for again",
    file: "src/ClaimAnswer.ts",
    find: "full.includes(true) ? full : tables.map(() => true)",
    replace: "full",
    test: "test/ClaimAnswer.test.ts",
    says: "may have left something of each"
  },
  {
    name: "what was taken of one table is below the mark of another",
    file,
    find: "taken.count === 0 ? mark :",
    replace: "taken.count < 0 ? mark :",
    test: unit,
    says: "is each table's own"
  },
  {
    name: "a claim walks over everything that was settled",
    file: "src/ClaimStatement.ts",
    find: "and due_at >= to_timestamp(${mark} / 1000)",
    replace: "and ${mark} is not null",
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
