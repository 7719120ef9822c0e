// The claim of nothing but what is fresh: what it must leave to others, and when somebody must look closer.
import type { Mutant } from "../Mutant.ts"

const test = "test/integration/outbox-fresh.test.ts"
const several = "test/integration/outbox-fresh-several.test.ts"
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
    find: "    const claimed = yield* closely(limit, places)\n",
    replace: "    lowWater.looked(false)\n    const claimed = yield* closely(limit, places)\n",
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
    find: " && places >= limit",
    replace: "",
    test,
    says: "is none where fewer may be begun than claimed"
  },
  {
    name: "a fresh claim leaves some tables without a share",
    file: "src/Claim.ts",
    find: "limit >= tables.length &&",
    replace: "limit > 0 &&",
    test: several,
    says: "is none where some table would have no share"
  },
  {
    name: "one table after the other is mailed",
    file: "src/ClaimAnswer.ts",
    find: "interleaved(ofEach).map(",
    replace: "ofEach.flat().map(",
    test: several,
    says: "gives each an equal share"
  },
  {
    name: "a table with a backlog gets no more than one in which nothing is due",
    file: "src/Shares.ts",
    find: "busy === 0 ||",
    replace: "busy >= 0 ||",
    test: several,
    says: "gives each an equal share"
  },
  {
    name: "a table with a backlog leaves nothing to the others",
    file: "src/Shares.ts",
    find: "Math.max(1, Math.min(few, Math.floor(limit / (2 * full.length))))",
    replace: "0",
    test: several,
    says: "gives each an equal share"
  }
]
