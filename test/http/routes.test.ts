// What is answered to what, and to whom.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { asking, away, changing, id, listening, staged, token } from "../support/routes.ts"

describe("/metrics", () => {
  it.effect("is the page that it was given, as Prometheus reads it", () =>
    Effect.gen(function* () {
      const { answer } = yield* staged({ autos: listening })
      const { body, status, type } = yield* answer(asking("/metrics"))
      assert.deepStrictEqual([status, body], [200, "# nothing yet\n"])
      assert.match(type, /^text\/plain; version=0\.0\.4/)
    })
  )
})

describe("the operator", () => {
  it.effect("is asked for what the path says, in the database of that name", () =>
    Effect.gen(function* () {
      const { answer, done } = yield* staged({ "a/b c": listening })
      const base = `/api/databases/${encodeURIComponent("a/b c")}`
      for (const path of ["/pause", "/resume", `/parked/${id}/retry`, `/parked/${id}/discard`]) {
        assert.strictEqual((yield* answer(changing(base + path))).status, 200, path)
      }
      assert.deepStrictEqual(done, ["pause a/b c", "resume a/b c", `retry a/b c ${id}`, `discard a/b c ${id}`])
    })
  )

  it.effect("is not asked for anything else", () =>
    Effect.gen(function* () {
      const { answer, done } = yield* staged({ autos: listening }, { retry: () => Effect.succeed(false) })
      for (const [path, status] of [
        ["/api/databases/other/pause", 404],
        ["/api/databases/%/pause", 404],
        ["/api/databases/__proto__/pause", 404],
        ["/api/databases/autos/delete", 404],
        ["/api/databases/autos/parked/1/discard", 404],
        [`/api/databases/autos/parked/${id}'/discard`, 404],
        [`/api/databases/autos/parked/${id}/retry`, 404],
        ["/api/databases/autos/pause/", 404],
        ["/api/status", 405],
        ["/", 405],
        ["/page/", 404]
      ] as const) {
        assert.strictEqual((yield* answer(changing(path))).status, status, path)
      }
      const { headers, status } = yield* answer(asking("/api/databases/autos/pause"))
      assert.deepStrictEqual([status, headers], [405, { allow: "POST" }])
      assert.deepStrictEqual(done, [])
    })
  )

  it.effect("says why, where the database cannot do it now", () =>
    Effect.gen(function* () {
      const { answer } = yield* staged({ autos: listening }, { pause: () => Effect.fail(away) })
      const { body, status } = yield* answer(changing("/api/databases/autos/pause"))
      assert.strictEqual(status, 503)
      assert.include(body, away.reason)
    })
  )
})

describe("the token", () => {
  const wanted = (authorization: string) =>
    Effect.flatMap(staged({ autos: listening }), ({ answer }) =>
      Effect.map(answer({ ...changing("/api/databases/autos/pause"), authorization }), ({ status }) => status)
    )

  it.effect("is compared whole, whatever its length", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* wanted(`bearer  ${token} `), 200)
      for (const wrong of [token.slice(0, -1), `${token}0`, token.toUpperCase(), "x", "x".repeat(token.length)]) {
        assert.strictEqual(yield* wanted(`Bearer ${wrong}`), 403, wrong)
      }
      for (const none of ["", "Bearer", `Basic ${token}`, token, `Bearer ${token} ${token}`]) {
        assert.strictEqual(yield* wanted(none), 401, none)
      }
    })
  )
})
