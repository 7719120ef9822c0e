// What one turn leads to, by what is seen and by how long the storage has answered.
import { assert, describe, it } from "@effect/vitest"
import { turn, type View } from "../../src/fleet/Turn.ts"

const look = (view: Partial<View>) =>
  turn({ runs: new Set(), held: new Set(), planned: new Set(), phase: "steady", ...view })

describe("a turn", () => {
  it("takes what is planned and not held, and stops what somebody else is to run", () => {
    const { fromDead, stop, take } = look({ held: new Set(["mine", "others"]), planned: new Set(["mine", "more"]) })
    assert.deepStrictEqual([take, [...stop], fromDead], [["more"], ["others"], true])
  })

  it("takes nothing from the silent while it has not watched for long enough to know them gone", () => {
    for (const phase of ["new", "recovering"] as const) assert.isFalse(look({ phase }).fromDead, phase)
  })

  it("stops nothing right after an outage, and takes again what the storage has forgotten", () => {
    const planned = new Set(["planned"])
    const { stop, take } = look({ phase: "recovering", runs: new Set(["ran"]), held: new Set(["held"]), planned })
    assert.deepStrictEqual([take, [...stop]], [["planned", "ran"], []])
  })

  it("takes nothing when the process is about to end", () => {
    assert.deepStrictEqual(look({ phase: "leaving", planned: new Set(["planned"]) }).take, [])
  })
})
