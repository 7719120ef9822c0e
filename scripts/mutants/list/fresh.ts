// The claim of nothing but what is fresh: what it must leave to others, and when somebody must look closer.
import type { Mutant } from "../Mutant.ts"

const test = "test/integration/outbox-fresh.test.ts"
const statement = "src/ClaimStatement.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "what was begun and never settled counts as fresh",
    file: statement,
    find: "where o.id is null and not",
    replace: "where not",
    test,
    says: "begins nothing that was begun and never settled"
  },
  {
    name: "a fresh claim takes no notice of a pause",
    file: statement,
    find: " and not ${usual.paused} and",
    replace: " and",
    test,
    says: "claims nothing while the database is paused"
  },
  {
    name: "a fresh claim takes what two rows have had the key of",
    file: statement,
    find: "and not ${usual.paused} and not ${hasTwin}",
    replace: "and not ${usual.paused}",
    test,
    says: "mails no row twice that a newer one has replaced"
  },
  {
    name: "a fresh claim locks nothing",
    file: statement,
    find: " for update skip locked",
    replace: "",
    test,
    says: "waits for nobody who holds a notice locked"
  },
  {
    name: "what was tried before waits as long as something fresh comes",
    file: "src/Claim.ts",
    find: " && (yield* elapsed) < lowWater.look",
    replace: "",
    test,
    says: "takes what was tried before along"
  },
  {
    name: "nobody looks closer where nothing is fresh",
    file: "src/Claim.ts",
    find: "if (fresh.notices.length > 0) return",
    replace: "return",
    test,
    says: "begins nothing that was begun and never settled"
  },
  {
    name: "what was passed over is passed over again when looking at it has failed",
    file: "src/Claim.ts",
    find: "    const claimed = yield* closely(limit, begins)\n",
    replace: "    lowWater.looked(false)\n    const claimed = yield* closely(limit, begins)\n",
    test,
    says: "loses nothing that it has begun"
  },
  {
    name: "what waits for its outcome keeps the next claim back",
    file: "src/Hand.ts",
    find: "        this.#give(1, 0)\n",
    replace: "",
    test: "test/MonitorPlaces.test.ts",
    says: "claims while outcomes are being written"
  },
  {
    name: "what no outcome can be written of has no bound",
    file: "src/Hand.ts",
    find: " && this.#count <= this.#most - half",
    replace: "",
    test: "test/Hand.test.ts",
    says: "is as large as a batch where nothing is known"
  },
  {
    name: "more is begun than may be",
    file: "src/Hand.ts",
    find: "Math.min(this.#ahead - this.#unanswered, this.#most - this.#count)",
    replace: "this.#most - this.#count",
    test: "test/Hand.test.ts",
    says: "has no more unanswered than may be begun"
  },
  {
    name: "a fresh claim takes more than may be begun",
    file: "src/Claim.ts",
    find: "limit > 0 && begins >= limit &&",
    replace: "limit > 0 &&",
    test,
    says: "is none where fewer may be begun than claimed"
  }
]
