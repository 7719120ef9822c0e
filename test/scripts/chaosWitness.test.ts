import { assert, describe, it } from "@effect/vitest"
import { misshared, Witness } from "../../scripts/chaos/Witness.ts"

const standing = (state: string) => ({ name: "autos", state, condition: "sound" })

describe("the witness of a chaos", () => {
  it("takes it for a lie when answers and log disagree four looks in a row, and not when they only cross", () => {
    const witness = new Witness()
    for (const [state, working] of [
      ["listening", false],
      ["waiting", true],
      ["listening", false],
      ["waiting", false],
      ["listening", false],
      ["listening", false],
      ["listening", false]
    ] as const) {
      witness.saw("worker 1", standing(state), working)
    }
    assert.deepStrictEqual(witness.problems, [])
    witness.saw("worker 1", standing("listening"), false)
    assert.lengthOf(witness.problems, 1)
    assert.deepStrictEqual([witness.looks, witness.away], [8, 7])
  })

  it("takes it amiss when in a cluster two run a database, or none, or the others name different ones", () => {
    const own = { name: "autos", elsewhere: undefined, wrong: undefined }
    const other = (runBy: string | null) => ({ name: "autos", elsewhere: runBy, wrong: undefined })
    assert.deepStrictEqual(misshared([own, other("a:1"), other("a:1")], 3, true), [])
    assert.lengthOf(misshared([own, own, other("a:1")], 3, true), 1)
    assert.lengthOf(misshared([other("a:1"), other("a:1"), other("a:1")], 3, true), 1)
    assert.lengthOf(misshared([own, other("a:1"), other("b:2")], 3, true), 1)
    assert.lengthOf(misshared([own, other(null), other(null)], 3, true), 1)
    assert.deepStrictEqual(misshared([own, own], 2, false), [])
    assert.lengthOf(misshared([own, other("a:1")], 2, false), 1)
  })

  it("finds alerts that were not true, and secrets in them", () => {
    const judged = (kind: string, blocked: boolean, body = "text") => {
      const witness = new Witness()
      witness.told.push({ kind, body })
      witness.judgeAlerts(blocked, ["hunter2"])
      return witness.problems.length
    }
    assert.strictEqual(judged("parked", true), 1)
    assert.strictEqual(judged("blocked", false), 1)
    assert.strictEqual(judged("blocked", true), 0)
    assert.strictEqual(judged("blocked", true, "the secret hunter2"), 1)
  })
})
