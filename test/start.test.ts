import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

describe("the start", () => {
  it("asks V8 for what it knows", () => {
    const [, flag] = /setFlagsFromString\("(.+)"\)/.exec(readFileSync("src/start.ts", "utf8")) ?? []
    assert.isDefined(flag)
    const { status, stderr } = spawnSync(process.execPath, [flag, "--eval", "0"], { encoding: "utf8" })
    assert.deepStrictEqual([status, stderr], [0, ""])
  })
})
