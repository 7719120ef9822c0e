import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { flagsFor } from "../src/Engine.ts"

describe("what V8 is asked for at a start", () => {
  it("is what it knows", () => {
    const flags = flagsFor(process.versions.v8)
    const { status, stderr } = spawnSync(process.execPath, [...flags, "--eval", "0"], { encoding: "utf8" })
    assert.deepStrictEqual([status, stderr], [0, ""])
  })

  it("is more where it is known what it is called, as on Node 20, 22 and 24", () => {
    const [shared = ""] = flagsFor("99.1.2-node.3")
    for (const v8 of ["11.3.244.8-node.33", "12.4.254.21-node.33", "13.6.233.10-node.28"]) {
      assert.include(flagsFor(v8), shared)
      assert.isAbove(flagsFor(v8).length, 1)
    }
    assert.lengthOf(flagsFor("99.1.2-node.3"), 1)
  })
})
