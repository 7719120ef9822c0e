import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { flagsFor } from "../src/Garbage.ts"

describe("the collector", () => {
  it("is left as it is where few databases are watched", () => {
    assert.deepStrictEqual(flagsFor(99), [])
  })

  it("is told to come sooner where very many are, in words that this V8 knows", () => {
    const flags = flagsFor(100)
    assert.isNotEmpty(flags)
    const { status, stderr } = spawnSync(process.execPath, [...flags, "--eval", "0"], { encoding: "utf8" })
    assert.deepStrictEqual([status, stderr], [0, ""])
  })
})
