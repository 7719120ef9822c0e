// However the demo ends, and in the middle of whatever: no server, no worker and no folder stay behind.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { startDemo } from "../support/demo.ts"

const moments = {
  "while PostgreSQL starts": "start PostgreSQL …",
  "while it migrates": "migrate, and start the worker …",
  "while mails arrive": "✉ 1",
  "when all is done": "What to try next"
}

const endings = [
  ["SIGINT", "while PostgreSQL starts"],
  ["SIGINT", "while it migrates"],
  ["SIGTERM", "while mails arrive"],
  ["SIGINT", "when all is done"],
  ["SIGKILL", "while PostgreSQL starts"],
  ["SIGKILL", "while it migrates"],
  ["SIGKILL", "when all is done"]
] as const

describe("npm run demo", () => {
  for (const [signal, moment] of endings) {
    it.live(`leaves nothing behind after ${signal} ${moment}`, () =>
      Effect.gen(function* () {
        const demo = yield* startDemo([])
        yield* demo.says(moments[moment])
        assert.isNotEmpty(demo.left())
        demo.signal(signal)
        const code = yield* demo.ended
        if (signal === "SIGKILL") yield* demo.leavesNothing.pipe(Effect.timeout("20 seconds"))
        else assert.strictEqual(code, 0, demo.said.text)
        assert.deepStrictEqual(demo.left(), [])
      })
    )
  }
})
