// The status page in a browser: how a test waits for what it shows, and what all its tests ask for.
import axe from "axe-core"
import { DateTime, Effect } from "effect"
import type { Page } from "playwright-core"
import { missing } from "./browser.ts"

export const step = <A>(act: () => Promise<A>) => Effect.promise(act)

/** Waits until the element says so. */
export const sees = (page: Page, selector: string, text: string | RegExp) =>
  step(() => page.locator(selector, { hasText: text }).first().waitFor({ timeout: 30_000 }))

export const cardOf = (page: Page, name: string) =>
  page.locator(".card", { has: page.getByRole("heading", { name, exact: true }) })

export const unlock = Effect.fnUntraced(function* (page: Page, typed: string) {
  const field = page.getByRole("textbox", { name: "Token" })
  yield* step(() => field.fill(typed))
  yield* step(() => field.press("Enter"))
})

/** What axe finds fault with, each with the first element that it does. */
export const violations = Effect.fnUntraced(function* (page: Page) {
  yield* step(() => page.evaluate(axe.source))
  const found: unknown = yield* step(() =>
    page.evaluate("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes[0].html))")
  )
  return found
})

export const away = Effect.map(DateTime.now, (now) => ({
  ...{ _tag: "waiting" as const, reason: "nothing accepts connections at the server's address" },
  nextAttempt: DateTime.add(now, { minutes: 1 })
}))

if (missing !== undefined) process.stdout.write(`The status page was not tried in a browser: ${missing}\n`)

export const title = `the status page${missing === undefined ? "" : ` (skipped: ${missing})`}`
