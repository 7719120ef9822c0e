// The status page as its reader uses it, in a real Chromium: over the built worker, whose database goes and comes, and over
// a server that does.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import type { Database } from "../../src/Database.ts"
import { freePort } from "../../scripts/stage/loopback.ts"
import { browser, missing } from "../support/browser.ts"
import { send } from "../support/doubt.ts"
import { fleet } from "../support/fleet.ts"
import { outward, until } from "../support/http.ts"
import * as line from "../support/line.ts"
import { sees, step, title, unlock } from "../support/page.ts"
import { silently } from "../support/quiet.ts"
import { token } from "../support/routes.ts"
import { environment, program } from "../support/worker.ts"

/** The page over a built worker, once all is well, with what Chromium complains of. */
const opened = Effect.fnUntraced(function* (database: Database, origin: string) {
  const port = yield* freePort
  const variables = { ...environment(database, origin), PORT: String(port), ADMIN_TOKEN: token }
  const worker = yield* program(["run"], variables)
  yield* worker.says("answers on")
  const page = yield* (yield* browser).open(`http://127.0.0.1:${port}/`)
  const problems: Array<string> = []
  page.on("pageerror", (error) => problems.push(String(error)))
  page.on("console", (said) => said.type() === "error" && problems.push(said.text()))
  yield* sees(page, "#connection", "Live")
  yield* sees(page, ".card", "Listening")
  yield* sees(page, "h1", "All is well")
  return { page, problems, worker }
})

describe.skipIf(missing !== undefined)(title, () => {
  it.live("retries a parked notice, pauses and resumes by its buttons", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.faults.push({ ...send({ status: 400 }), times: 1 })
      const { page, problems } = yield* opened(database, standIn.origin)
      yield* line.insertInquiry(admin, 1)
      yield* sees(page, ".card[data-tone=parked]", "1 parked")
      yield* step(() => page.getByText("Parked notices").click())
      yield* step(() => page.getByRole("button", { name: "Retry inquiries 1" }).click())
      yield* unlock(page, `${token}x`)
      yield* sees(page, "#problem", "This is not the ADMIN_TOKEN.")
      yield* unlock(page, token)
      yield* sees(page, ".notices", "Put back")
      yield* standIn.awaitMails(1).pipe(Effect.timeout("20 seconds"))
      yield* sees(page, ".card[data-tone=sound]", "Listening")

      yield* step(() => page.getByRole("button", { name: "Pause autos" }).click())
      yield* sees(page, ".card", "Paused")
      yield* line.insertInquiry(admin, 2)
      yield* step(() => page.getByRole("button", { name: "Resume autos" }).click())
      yield* sees(page, ".card", "Listening")
      yield* standIn.awaitMails(2).pipe(Effect.timeout("20 seconds"))
      // The wrong token was refused with 403, which Chromium notes.
      const others = problems.filter((text) => !text.includes("status of 403"))
      assert.deepStrictEqual(others, [])
    }).pipe(silently)
  )

  it.live("shows a database that goes and comes, and holds up no worker that ends", () =>
    Effect.gen(function* () {
      const { database, server, standIn } = yield* line.stageOfItsOwn()
      const { page, problems, worker } = yield* opened(database, standIn.origin)
      yield* server.stop("fast")
      yield* sees(page, ".card[data-tone=down]", "Waiting")
      yield* sees(page, "h1", "The database mails nothing")
      yield* sees(page, ".card", "next attempt")
      yield* server.start
      yield* sees(page, ".card[data-tone=sound]", "Listening")
      yield* sees(page, "h1", "All is well")
      assert.deepStrictEqual(problems, [])
      yield* worker.kill("SIGTERM")
      yield* sees(page, "#connection", "Connection lost since")
      assert.strictEqual((yield* worker.ended).code, 0)
    }).pipe(silently)
  )

  it.live("says that the connection is lost, since when, and follows again when the worker is back", () =>
    Effect.gen(function* () {
      const { serve, url } = yield* fleet(["autos", "quotes"])
      const serving = yield* Scope.make()
      yield* Scope.provide(serve, serving)
      const page = yield* (yield* browser).open(url)
      yield* sees(page, "h1", "All is well")
      yield* Scope.close(serving, Exit.void)
      yield* sees(page, "#connection", /^Connection lost since \d\d:\d\d:\d\d$/)
      yield* sees(page, "#old", /^What you see is from \d\d:\d\d:\d\d\..* Next try in \d+ s\.$/)
      assert.match(yield* step(() => page.title()), /^\? /)
      yield* serve
      yield* sees(page, "#connection", "Live")
      assert.isFalse(yield* step(() => page.locator("#old").isVisible()))
      assert.strictEqual(yield* step(() => page.locator(".card").count()), 2)
    }).pipe(silently)
  )

  it.live.skipIf(outward === undefined)("asks for the token on another machine, and shows everything with it", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const port = yield* freePort
      const variables = { ...environment(database, standIn.origin), PORT: String(port), HOST: "0.0.0.0" }
      const worker = yield* program(["run"], { ...variables, ADMIN_TOKEN: token })
      yield* worker.says("answers on")
      yield* until(200, `http://127.0.0.1:${port}/readyz`)
      const page = yield* (yield* browser).open(`http://${outward}:${port}/`)
      yield* sees(page, "#connection", "Locked")
      yield* step(() => page.getByRole("button", { name: "Cancel" }).click())
      assert.strictEqual(yield* step(() => page.locator(".card").count()), 0)
      yield* step(() => page.getByRole("button", { name: "Enter the token" }).click())
      yield* unlock(page, token)
      yield* sees(page, ".card", "Listening")
      assert.deepStrictEqual(yield* step(() => page.context().cookies()), [])
      assert.strictEqual(yield* step(() => page.evaluate("localStorage.length + sessionStorage.length")), 0)
    }).pipe(silently)
  )
})
