// The status page as its reader uses it, in a real Chromium: over the built worker whose database goes and comes, and over a
// fleet that is filled by hand.
import { assert, describe, it } from "@effect/vitest"
import axe from "axe-core"
import { DateTime, Effect, Exit, Scope } from "effect"
import type { Page } from "playwright-core"
import { freePort } from "../../scripts/stage/loopback.ts"
import type { NoticeId } from "../../src/Notice.ts"
import { browser, missing } from "../support/browser.ts"
import { send } from "../support/doubt.ts"
import { fleet, nothing } from "../support/fleet.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { id, token } from "../support/routes.ts"
import { environment, program } from "../support/worker.ts"

const step = <A>(act: () => Promise<A>) => Effect.promise(act)

/** Waits until the element says so. */
const sees = (page: Page, selector: string, text: string | RegExp) =>
  step(() => page.locator(selector, { hasText: text }).first().waitFor({ timeout: 30_000 }))

const unlock = Effect.fnUntraced(function* (page: Page, typed: string) {
  yield* step(() => page.getByRole("textbox", { name: "Token" }).fill(typed))
  yield* step(() => page.getByRole("textbox", { name: "Token" }).press("Enter"))
})

const violations = Effect.fnUntraced(function* (page: Page) {
  yield* step(() => page.evaluate(axe.source))
  const found: unknown = yield* step(() =>
    page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))")
  )
  return found
})

const away = (minutes: number) =>
  Effect.map(DateTime.now, (now) => ({
    ...{ _tag: "waiting" as const, reason: "nothing accepts connections at the server's address" },
    nextAttempt: DateTime.add(now, { minutes })
  }))

const set = (text: string) => ({
  ...{ id: id as NoticeId, table: "public.inquiries", key: "17", reason: "rejected" as const, detail: text },
  ...{ parkedAt: "2026-11-24T12:00:00Z", attempts: 1, maybeSent: false }
})

/** Notes the names of cards in which anything changes. */
const watchMutations = `window.touched = new Set()
new MutationObserver((changes) => {
  for (const { target } of changes) {
    const card = target.parentElement?.closest(".card")
    if (card) window.touched.add(card.querySelector("h2").textContent)
  }
}).observe(document.getElementById("cards"), { subtree: true, childList: true, attributes: true, characterData: true })`

if (missing !== undefined) process.stdout.write(`The status page was not tried in a browser: ${missing}\n`)

describe.skipIf(missing !== undefined)(
  `the status page${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    it.live(
      "shows a database that goes and comes, and retries a parked notice, pauses and resumes by its buttons",
      () =>
        Effect.gen(function* () {
          const { admin, database, server, standIn } = yield* line.stageOfItsOwn()
          standIn.faults.push({ ...send({ status: 400 }), times: 1 })
          const port = yield* freePort
          const variables = { ...environment(database, standIn.origin), PORT: String(port), ADMIN_TOKEN: token }
          const worker = yield* program(["run"], variables)
          yield* worker.says("answers on")
          const page = yield* (yield* browser).open(`http://127.0.0.1:${port}/`)
          const problems: Array<string> = []
          page.on("pageerror", (error) => problems.push(String(error)))
          page.on("console", (said) => said.type() === "error" && problems.push(said.text()))
          yield* sees(page, "#connection", "Live")
          yield* sees(page, ".card", "Listening")
          yield* sees(page, "h1", "All is well")

          yield* line.insertInquiry(admin, 1)
          yield* sees(page, ".card summary", "1 parked")
          yield* step(() => page.locator(".card summary", { hasText: "1 parked" }).click())
          yield* step(() => page.getByRole("button", { name: "Retry inquiries 1" }).click())
          yield* unlock(page, `${token}x`)
          yield* sees(page, "#problem", "This is not the ADMIN_TOKEN.")
          yield* unlock(page, token)
          yield* sees(page, ".notices", "Put back")
          yield* standIn.awaitMails(1).pipe(Effect.timeout("20 seconds"))
          yield* sees(page, ".card:not(.has-parked)", "Listening")

          yield* step(() => page.getByRole("button", { name: "Pause autos" }).click())
          yield* sees(page, ".card", "Paused")
          yield* step(() => page.getByRole("button", { name: "Resume autos" }).click())
          yield* sees(page, ".card", "Listening")

          yield* server.stop("fast")
          yield* sees(page, ".card[data-tone=down]", "Waiting")
          yield* sees(page, "h1", "The database is not mailed from")
          yield* sees(page, ".card", "next attempt")
          yield* server.start
          yield* sees(page, ".card[data-tone=sound]", "Listening")
          assert.deepStrictEqual(
            problems.filter((text) => !/\b40[13]\b/.test(text)),
            []
          )
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
        assert.isTrue(yield* step(() => page.title()).pipe(Effect.map((title) => title.startsWith("? "))))
        yield* serve
        yield* sees(page, "#connection", "Live")
        assert.isFalse(yield* step(() => page.locator("#old").isVisible()))
        assert.strictEqual(yield* step(() => page.locator(".card").count()), 2)
      }).pipe(silently)
    )

    it.live("puts trouble first, finds it by name, and keeps the focus while cards change and move", () =>
      Effect.gen(function* () {
        const { become, of, serve, url } = yield* fleet(["autos", "quotes", "website"])
        yield* serve
        const page = yield* (yield* browser).open(url)
        yield* sees(page, "h1", "All is well")
        const names = step(() => page.locator(".card:visible h2").allTextContents())
        const focused = step(() => page.evaluate("document.activeElement?.textContent"))
        yield* step(() => page.getByRole("button", { name: "Pause website" }).focus())
        yield* become("website", yield* away(1))
        yield* sees(page, "h1", "1 of 3 databases is not mailed from")
        assert.deepStrictEqual(yield* names, ["website", "autos", "quotes"])
        assert.strictEqual(yield* focused, "Pause website")
        of("quotes").counts = { ...nothing, parked: { rejected: 2 } }
        yield* sees(page, ".card:nth-child(2)", "quotes")
        assert.strictEqual(yield* focused, "Pause website")
        yield* sees(page, "#announcer", "website: Waiting.")
        yield* step(() => page.getByRole("searchbox").fill("accepts"))
        assert.deepStrictEqual(yield* names, ["website"])
        yield* step(() => page.getByRole("searchbox").press("Escape"))
        yield* step(() => page.getByLabel("Only what wants a look").check())
        assert.deepStrictEqual(yield* names, ["website", "quotes"])
      }).pipe(silently)
    )

    it.live("has nothing that axe finds fault with, in light, in dark and on a phone, where it fits", () =>
      Effect.gen(function* () {
        const { become, of, serve, url } = yield* fleet(["autos", "quotes", "website"])
        const time = "2026-11-24T12:00:00Z"
        const recent = [{ table: "public.inquiries", key: "41", outcome: "sent", at: time }]
        Object.assign(of("quotes"), { parked: [set("The mailbox of the recipient is unknown. Correct TO_EMAIL.")] })
        of("quotes").counts = { ...nothing, parked: { rejected: 1 }, sent: 4, lastSentAt: time, recent }
        yield* become("website", yield* away(1))
        yield* serve
        const chromium = yield* browser
        for (const options of [
          { colorScheme: "light" as const },
          { colorScheme: "dark" as const },
          { viewport: { width: 340, height: 640 }, hasTouch: true }
        ]) {
          const page = yield* chromium.open(url, options)
          yield* sees(page, ".card", "1 parked")
          yield* step(() => page.getByText("1 parked").last().click())
          yield* sees(page, ".notices", "Refused")
          yield* step(() => page.locator(".card", { hasText: "quotes" }).getByText("Recent notices").click())
          assert.deepStrictEqual(yield* violations(page), [])
          const excess = yield* step(() => page.evaluate("document.documentElement.scrollWidth - innerWidth"))
          assert.isAtMost(Number(excess), 0)
          yield* step(() => page.getByRole("button", { name: "Unlock" }).first().click())
          assert.deepStrictEqual(yield* violations(page), [])
        }
      }).pipe(silently)
    )

    it.live("is quick with 500 databases: one that changes costs the others nothing", () =>
      Effect.gen(function* () {
        const { become, of, serve, url } = yield* fleet(Array.from({ length: 500 }, (_, n) => `database-${1000 + n}`))
        const recent = Array.from({ length: 5 }, (_, n) => ({
          ...{ table: "public.inquiries", key: String(n), outcome: "sent", at: "2026-11-24T12:00:00Z" }
        }))
        of("database-1250").counts = { ...nothing, recent }
        yield* serve
        const page = yield* (yield* browser).open(url)
        yield* sees(page, "#sums", "500 databases")
        const rendered = Number(
          yield* step(() =>
            page.evaluate(
              "(({ startTime, duration }) => startTime + duration)(performance.getEntriesByName('cards')[0])"
            )
          )
        )
        yield* step(() => page.evaluate(watchMutations))
        const began = yield* Effect.sync(() => performance.now())
        yield* become("database-1250", yield* away(1))
        yield* sees(page, ".card:first-child", "database-1250")
        const update = performance.now() - began
        const touched: unknown = yield* step(() => page.evaluate("[...window.touched]"))
        const drawing = Number(
          yield* step(() => page.evaluate("performance.getEntriesByName('cards').at(-1).duration"))
        )
        process.stdout.write(
          `500 databases: drawn in ${rendered.toFixed(0)} ms, a change seen after ${update.toFixed(0)} ms, of which the page took ${drawing.toFixed(1)} ms\n`
        )
        assert.deepStrictEqual(touched, ["database-1250"])
        assert.isBelow(rendered, 10_000)
        assert.isBelow(update, 5_000)
      }).pipe(silently)
    )
  }
)
