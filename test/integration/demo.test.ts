// The demo as a newcomer starts it: it proves itself, says why it cannot, and answers in the browser and at a terminal.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { existsSync } from "node:fs"
import { createServer } from "node:net"
import { startDemo } from "../support/demo.ts"

/** A port that somebody else has. */
const takenPort = Effect.gen(function* () {
  const blocker = createServer()
  yield* Effect.callback<void>((resume) => void blocker.listen(0, "127.0.0.1", () => resume(Effect.void)))
  yield* Effect.addFinalizer(() => Effect.sync(() => blocker.close()))
  const address = blocker.address()
  return typeof address === "object" && address !== null ? address.port : 0
})

const terminal = existsSync("/usr/bin/script")

describe("npm run demo", () => {
  it.live("ends with 0 when every sample was mailed exactly once, if it was told to end, and leaves nothing", () =>
    Effect.gen(function* () {
      const { ended, left, said } = yield* startDemo(["--exit"])
      assert.strictEqual(yield* ended, 0, said.text)
      assert.match(said.text, /10 rows, 10 mails, each exactly once/)
      assert.include(said.text, "2023 Honda Civic")
      assert.deepStrictEqual(left(), [])
    })
  )

  for (const what of ["postgres", "graph", "inbox"]) {
    it.live(`ends with 1 and the reason when somebody else has its --${what}-port`, () =>
      Effect.gen(function* () {
        const { ended, left, said } = yield* startDemo(["--exit", `--${what}-port`, String(yield* takenPort)])
        assert.strictEqual(yield* ended, 1)
        assert.match(said.text, /✗ .*(address already in use|Address already in use)/s)
        assert.deepStrictEqual(left(), [])
      })
    )
  }

  it.live("inserts what somebody types into the inbox, and takes an Enter from a terminal only", () =>
    Effect.gen(function* () {
      const demo = yield* startDemo([])
      yield* demo.says("What to try next")
      assert.notInclude(demo.said.text, "Press Enter")
      const url = demo.inbox()
      const following = yield* Effect.promise((signal) => fetch(`${url}events`, { signal }))
      assert.strictEqual(following.status, 200)
      demo.type("\n")
      for (const kind of ["autos", "website"]) {
        const answer = yield* Effect.promise(() =>
          fetch(`${url}rows`, {
            method: "POST",
            headers: { origin: new URL(url).origin, "content-type": "application/json" },
            body: JSON.stringify({ kind, name: `Kim of ${kind}`, message: "" })
          })
        )
        assert.strictEqual(answer.status, 200)
        yield* demo.says(`Kim of ${kind} (#`)
      }
      assert.notInclude(demo.said.text, "✉ 13")
      assert.match(demo.said.text, /✉ 12 .*Kim of website/)
      // A visitor who still follows holds nothing up.
      demo.signal("SIGTERM")
      const [took, code] = yield* Effect.timed(demo.ended)
      assert.strictEqual(code, 0)
      assert.isBelow(Duration.toSeconds(took), 10)
      assert.deepStrictEqual(demo.left(), [])
    })
  )

  it.live.skipIf(!terminal)("inserts a row when Enter is pressed at a terminal, and ends at Ctrl-C", () =>
    Effect.gen(function* () {
      const demo = yield* startDemo([], "terminal")
      yield* demo.says("Ctrl-C ends everything")
      assert.include(demo.said.text, "Press Enter")
      demo.type("\n")
      yield* demo.says("✉ 11")
      demo.type("\u0003")
      assert.strictEqual(yield* demo.ended, 0)
      assert.deepStrictEqual(demo.left(), [])
    })
  )
})
