// What a page is told while it follows, and the page itself: to whom it is shown, and what it may do.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, SubscriptionRef } from "effect"
import { TestClock } from "effect/testing"
import { asking, away, changing, counted, id, listening, since, staged, token } from "../support/routes.ts"
import { most } from "../../src/http/events.ts"

/** Reads like a page: each text that was written, and how far it got. */
const following = Effect.fnUntraced(function* (
  answer: Effect.Success<ReturnType<typeof staged>>["answer"],
  room: Latch.Latch = Latch.makeUnsafe(true)
) {
  const { follow, status } = yield* answer(asking("/api/events"))
  const told: Array<string> = []
  const write = (text: string) => {
    told.push(text)
    return room.await
  }
  const fiber = yield* Effect.forkChild(follow?.(write) ?? Effect.void, { startImmediately: true })
  return { fiber, status, told }
})

describe("a page that follows", () => {
  it.effect("is told everything, then what changes, and that the worker is still there", () =>
    Effect.gen(function* () {
      const { answer, statuses } = yield* staged({ autos: listening, quotes: listening })
      const { told } = yield* following(answer)
      yield* TestClock.adjust("3 seconds")
      assert.match(told[0] ?? "", /^event: hello\ndata: \{.*"databases":2,"changeable":true\}\n\n$/)
      assert.match(told[1] ?? "", /^event: cards\ndata: \[\{"name":"autos".*\{"name":"quotes".*\]\n\n$/)
      const before = told.length
      yield* TestClock.adjust("12 seconds")
      assert.deepStrictEqual(told.slice(before), [": still here\n\n"])
      yield* SubscriptionRef.update(statuses, (all) =>
        new Map(all).set("quotes", {
          ...{ state: { _tag: "waiting", reason: "it is away", nextAttempt: since }, since, crashes: 0 },
          ...{ allCrashes: 0, restarts: 1 }
        })
      )
      yield* TestClock.adjust("1 second")
      assert.match(told.at(-1) ?? "", /^event: cards\ndata: \[\{"name":"quotes"[^[]*"state":"waiting"/)
    })
  )

  it.effect("who reads slowly is told all that changed meanwhile at once", () =>
    Effect.gen(function* () {
      let waiting = 0
      const counts = () => Effect.sync(() => ({ ...counted, waiting: waiting++ }))
      const { answer } = yield* staged({ autos: listening }, { counts })
      const room = Latch.makeUnsafe(true)
      const { told } = yield* following(answer, room)
      yield* TestClock.adjust("3 seconds")
      yield* room.close
      yield* TestClock.adjust("1 minute")
      const before = told.length
      assert.isAtMost(before, 4)
      yield* room.open
      yield* TestClock.adjust(0)
      assert.lengthOf(told, before + 1)
      assert.include(told.at(-1) ?? "", `"waiting":${waiting - 1}`)
    })
  )

  it.effect("is one of 24: the next is refused until one of them goes", () =>
    Effect.gen(function* () {
      const { answer } = yield* staged({ autos: listening })
      const open = yield* Effect.forEach(Array.from({ length: most }), () => following(answer))
      assert.strictEqual((yield* answer(asking("/api/events"))).status, 503)
      yield* Fiber.interrupt(open[0]!.fiber)
      assert.strictEqual((yield* answer(asking("/api/events"))).status, 200)
    })
  )

  it.effect("sees nothing from another machine without the token", () =>
    Effect.gen(function* () {
      const { answer } = yield* staged({ autos: listening })
      const far = { peer: "192.0.2.1", own: "192.0.2.2" }
      for (const path of ["/api/events", "/api/databases/autos/parked", "/api/status"]) {
        assert.strictEqual((yield* answer(asking(path, far))).status, 401, path)
        assert.strictEqual((yield* answer(asking(path, { host: "evil.example" }))).status, 421, path)
      }
      const known = { ...far, authorization: `Bearer ${token}` }
      assert.strictEqual((yield* answer(asking("/api/events", known))).status, 200)
    })
  )
})

describe("the page", () => {
  const files = ["/", "/page/page.css", "/page/main.js", "/page/icon.svg"]

  it.effect("is shown to everybody where a token is set, and says nothing of any database", () =>
    Effect.gen(function* () {
      const { answer } = yield* staged({ autos: listening })
      const far = { peer: "192.0.2.1", own: "192.0.2.2", host: "mailer.example.com" }
      for (const path of files) {
        const { body, status } = yield* answer(asking(path, far))
        assert.strictEqual(status, 200, path)
        assert.notInclude(body, "autos")
      }
      for (const path of ["/page/", "/page/routes.ts", "/page/../routes.ts", "/index.html"]) {
        assert.strictEqual((yield* answer(asking(path, far))).status, 401, path)
        assert.strictEqual((yield* answer(asking(path))).status, 404, path)
      }
      assert.strictEqual((yield* answer(asking("/", { ...far, method: "HEAD" }))).status, 200)
    })
  )

  it.effect("is shown on this machine alone where none is set", () =>
    Effect.gen(function* () {
      const { answer } = yield* staged({ autos: listening }, {}, { _tag: "Open" }, null)
      assert.strictEqual((yield* answer(asking("/"))).status, 200)
      assert.strictEqual((yield* answer(asking("/", { peer: "192.0.2.1", own: "192.0.2.2" }))).status, 503)
      assert.strictEqual((yield* answer(asking("/", { host: "evil.example" }))).status, 421)
    })
  )

  it.effect("may run and load what this server has, and nothing else, in nobody's frame", () =>
    Effect.gen(function* () {
      const { answer } = yield* staged({ autos: listening })
      const { body, headers } = yield* answer(asking("/"))
      const policy = (headers["content-security-policy"] ?? "").split("; ")
      assert.deepStrictEqual(policy.toSorted(), [
        ...["base-uri 'none'", "connect-src 'self'", "default-src 'none'", "form-action 'none'"],
        ...["frame-ancestors 'none'", "img-src 'self'", "require-trusted-types-for 'script'", "script-src 'self'"],
        ...["style-src 'self'", "trusted-types 'none'"]
      ])
      assert.deepInclude(headers, { "referrer-policy": "no-referrer", "x-frame-options": "DENY" })
      assert.notMatch(body, / on[a-z]+="| style="|<script>|<style/)
      const loaded = [...body.matchAll(/ (?:src|href)="([^"]+)"/g)].map(([, path = ""]) => `/${path}`)
      assert.isAbove(loaded.length, 8)
      for (const path of loaded) assert.strictEqual((yield* answer(asking(path))).status, 200, path)
    })
  )

  it.effect("learns whether a token is right, and reads what is parked", () =>
    Effect.gen(function* () {
      const notice = { id, table: "public.inquiries", key: "7" }
      const parked = (name: string) =>
        name === "autos" ? Effect.succeed({ notices: [notice] as never, more: false }) : Effect.fail(away)
      const { answer } = yield* staged({ autos: listening, quotes: listening }, { parked })
      assert.strictEqual((yield* answer(changing("/api/token"))).status, 200)
      assert.strictEqual((yield* answer({ ...changing("/api/token"), authorization: "Bearer x" })).status, 403)
      assert.strictEqual((yield* answer(asking("/api/token"))).status, 405)
      const { body } = yield* answer(asking("/api/databases/autos/parked"))
      assert.deepStrictEqual(JSON.parse(body), { notices: [notice], more: false })
      assert.strictEqual((yield* answer(asking("/api/databases/quotes/parked"))).status, 503)
      assert.strictEqual((yield* answer(asking("/api/databases/none/parked"))).status, 404)
      assert.strictEqual((yield* answer(changing("/api/databases/autos/parked"))).status, 405)
    })
  )
})
