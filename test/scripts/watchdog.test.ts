// The watchdog of the stage's PostgreSQL, where what it ended leaves something that still writes.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ended } from "../../scripts/stage/ended.ts"

const files = 2_000

const write = (folder: string, from: number) => {
  try {
    for (let n = from; n < from + files; n++) writeFileSync(join(folder, String(n)), "")
  } catch {
    // The folder is gone.
  }
}

describe("the watchdog", () => {
  it.live("removes a folder into which something writes while it is removed", () =>
    Effect.gen(function* () {
      const folder = mkdtempSync(join(tmpdir(), "inquiries-mailer-watchdog-"))
      const data = join(folder, "data")
      mkdirSync(data)
      write(data, 0)
      const watchdog = spawn(process.execPath, ["scripts/stage/watchdog.mjs", folder], { stdio: "ignore" })
      while (existsSync(data) && readdirSync(data).length === files);
      write(data, files)
      yield* ended(watchdog)
      assert.isFalse(existsSync(folder))
    })
  )
})
