// The status page over many databases that are only said to be there, in a real Chromium: order, focus, what readers of
// screens stumble over, and how quick it is.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { NoticeId } from "../../src/Notice.ts"
import { browser, missing } from "../support/browser.ts"
import { fleet, nothing } from "../support/fleet.ts"
import { away, cardOf, sees, step, title, violations } from "../support/page.ts"
import { silently } from "../support/quiet.ts"
import { id } from "../support/routes.ts"

const time = "2026-11-24T12:00:00Z"
const recent = [41, 40, 39].map((key) => ({ table: "public.inquiries", key: String(key), outcome: "sent", at: time }))

/** Notes the names of cards in which anything changes. */
const watchMutations = `window.touched = new Set()
new MutationObserver((changes) => {
  for (const { target } of changes) {
    const card = target.parentElement?.closest(".card")
    if (card) window.touched.add(card.querySelector("h2").textContent)
  }
}).observe(document.getElementById("cards"), { subtree: true, childList: true, attributes: true, characterData: true })`

describe.skipIf(missing !== undefined)(title, () => {
  it.live("puts trouble first, finds it by name, and keeps the focus while cards change and move", () =>
    Effect.gen(function* () {
      const { become, of, serve, url } = yield* fleet(["autos", "quotes", "website"])
      yield* serve
      const page = yield* (yield* browser).open(url)
      yield* sees(page, "h1", "All is well")
      const names = step(() => page.locator(".card:visible h2").allTextContents())
      const focused = step(() => page.evaluate("document.activeElement.textContent.trim()"))
      yield* step(() => page.getByRole("button", { name: "Pause website" }).focus())
      yield* become("website", yield* away)
      yield* sees(page, "h1", "1 of 3 databases mails nothing")
      assert.deepStrictEqual(yield* names, ["website", "autos", "quotes"])
      assert.strictEqual(yield* focused, "Pause website")
      of("quotes").counts = { ...nothing, parked: { rejected: 2 } }
      yield* sees(page, ".card:nth-child(2)", "2 parked")
      assert.deepStrictEqual(yield* names, ["website", "quotes", "autos"])
      assert.strictEqual(yield* focused, "Pause website")
      yield* sees(page, "#announcer", "quotes: 2 parked.")
      yield* step(() => page.getByRole("searchbox").fill("accepts"))
      assert.deepStrictEqual(yield* names, ["website"])
      yield* step(() => page.getByRole("searchbox").press("Escape"))
      yield* step(() => page.getByLabel("Only what wants a look").check())
      assert.deepStrictEqual(yield* names, ["website", "quotes"])
    }).pipe(silently)
  )

  it.live.each([
    ["in light", { colorScheme: "light" as const }],
    ["in dark", { colorScheme: "dark" as const }],
    ["on a phone, where it fits", { viewport: { width: 340, height: 640 }, hasTouch: true }]
  ] as const)("has nothing that axe finds fault with: %s", ([, options]) =>
    Effect.gen(function* () {
      const { become, of, serve, url } = yield* fleet(["autos", "quotes", "website", "with-a-name-".repeat(5)])
      const detail = "The mailbox of the recipient is unknown. Correct TO_EMAIL."
      of("quotes").parked.push({
        ...{ id: id as NoticeId, table: "public.inquiries", key: "17", reason: "rejected", detail },
        ...{ parkedAt: time, attempts: 1, maybeSent: false }
      })
      of("quotes").counts = { ...nothing, parked: { rejected: 1 }, sent: 4, lastSentAt: time, recent }
      yield* become("website", yield* away)
      yield* serve
      const page = yield* (yield* browser).open(url, options)
      yield* sees(page, ".card", "1 parked")
      yield* step(() => cardOf(page, "quotes").getByText("Parked notices").click())
      yield* sees(page, ".notices", "Refused")
      yield* step(() => cardOf(page, "quotes").getByText("Recent notices").click())
      yield* sees(page, ".settled", "inquiries 41")
      assert.deepStrictEqual(yield* violations(page), [])
      const excess = yield* step(() => page.evaluate("document.documentElement.scrollWidth - innerWidth"))
      assert.isAtMost(Number(excess), 0)
      yield* step(() => page.getByRole("button", { name: "Unlock" }).first().click())
      assert.deepStrictEqual(yield* violations(page), [])
    }).pipe(silently)
  )

  it.live("is quick with 500 databases: one that changes costs the others nothing", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 500 }, (_, n) => `database-${1_000 + n}`)
      const { become, of, serve, url } = yield* fleet(names)
      for (const name of names) of(name).counts = { ...nothing, lastSentAt: time, recent }
      yield* serve
      const page = yield* (yield* browser).open(url)
      yield* sees(page, "#sums", "500 databases")
      const drawn = Number(
        yield* step(() =>
          page.evaluate("(({ startTime, duration }) => startTime + duration)(performance.getEntriesByName('cards')[0])")
        )
      )
      yield* step(() => page.locator("#cards:not(:has-text('–'))").waitFor({ timeout: 40_000 }))
      yield* step(() => page.evaluate(watchMutations))
      const began = performance.now()
      yield* become("database-1250", yield* away)
      yield* sees(page, ".card:first-child", "database-1250")
      const seen = performance.now() - began
      const touched: unknown = yield* step(() => page.evaluate("[...window.touched]"))
      const patched = Number(yield* step(() => page.evaluate("performance.getEntriesByName('cards').at(-1).duration")))
      process.stdout.write(
        `500 databases: drawn ${drawn.toFixed(0)} ms after the page was asked for; a change was seen after ${seen.toFixed(0)} ms, of which the page took ${patched.toFixed(1)} ms\n`
      )
      assert.deepStrictEqual(touched, ["database-1250"])
      assert.isBelow(drawn, 10_000)
      assert.isBelow(seen, 5_000)
    }).pipe(silently)
  )
})
