// The inbox page as a person uses it, in a real Chromium: live, legible, usable on a phone, and deaf to hostile mails.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { createServer } from "node:net"
import type { Page } from "playwright-core"
import { browser, missing } from "../support/browser.ts"
import { filledByHand, mail } from "../support/inbox.ts"

/** Everything that a mail may try, with addresses at `trap`. */
const hostile = (trap: string) =>
  mail(
    '"><img src=x onerror="top.pwned=1"><script>top.pwned=1</script>',
    `<html><head><meta http-equiv="refresh" content="0;url=${trap}refresh"><link rel="stylesheet" href="${trap}style">
    <link rel="preconnect" href="${trap}"><style>@import url(${trap}import); p{background:url(${trap}background)}</style>
    <script>alert(1);top.pwned=1;parent.pwned=1</script></head><body onload="alert(2)"><p>Still here</p>
    <img src="${trap}image" onerror="alert(3)"><iframe src="${trap}frame"></iframe><video poster="${trap}poster"></video>
    <form action="${trap}form"><button id="send">send</button></form><a id="out" href="${trap}link">out</a>
    <a id="up" target="_top" href="${trap}top">up</a><a id="js" href="javascript:alert(4)">js</a></body></html>`,
    "</pre><script>window.pwned=1</script>"
  )

/** Notes whoever says a word to it. For a frame or a link Chromium connects before it asks the policy, and stays silent. */
const trap = Effect.gen(function* () {
  const heard: Array<string> = []
  const server = createServer((socket) => {
    socket
      .on("error", () => {})
      .on("data", (chunk) => {
        heard.push(chunk.toString("latin1"))
        socket.destroy()
      })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => server.close())
  )
  const address = server.address()
  return { heard, url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/` }
})

const step = <A>(act: () => Promise<A>) => Effect.promise(act)

/** Waits until the element says so. */
const sees = (page: Page, selector: string, text: string) =>
  step(() => page.locator(selector, { hasText: text }).first().waitFor())

/** By how much something would have to be scrolled sideways. */
const excess = (page: Page) =>
  step(() =>
    page.evaluate(
      `Math.max(...[...document.querySelectorAll("html, nav, main, [role=tabpanel]")].map((one) => one.scrollWidth - one.clientWidth))`
    )
  )

const ground = (page: Page, selector: string) =>
  step(() => page.evaluate(`getComputedStyle(document.querySelector("${selector}")).backgroundColor`)).pipe(
    Effect.map((colour) => (String(colour).match(/\d+/g) ?? []).slice(0, 3).map(Number))
  )

if (missing !== undefined) process.stdout.write(`The inbox page was not tried in a browser: ${missing}\n`)

describe.skipIf(missing !== undefined)(`the inbox page${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  it.live("shows a new mail by itself, the newest first, and says when the connection is lost and back", () =>
    Effect.gen(function* () {
      const serving = yield* Scope.make()
      const mails = [mail("First", "<h1>One</h1>")]
      const { arrive, url } = yield* Scope.provide(filledByHand(mails), serving)
      const page = yield* (yield* browser).open(url)
      yield* sees(page, "#state", "Live")
      yield* step(() => page.frameLocator("#frame").locator("h1", { hasText: "One" }).waitFor())
      yield* arrive(mail("Second", "<h1>Two</h1>"))
      yield* sees(page, "#notice", "New mail: Second")
      assert.deepStrictEqual(yield* step(() => page.locator("#list .subject").allTextContents()), ["Second", "First"])
      yield* sees(page, "#subject", "First")
      yield* Scope.close(serving, Exit.void)
      yield* sees(page, "#state", "Connection lost")
      assert.isTrue(yield* step(() => page.locator("#new").isDisabled()))
      yield* filledByHand([mail("Another demo's", "<p>3</p>")], Number(new URL(url).port))
      yield* sees(page, "#state", "Live")
      yield* sees(page, "#list .subject", "Another demo's")
      assert.strictEqual(yield* step(() => page.locator("#list li").count()), 1)
    })
  )

  it.live("shows text, headers and source in tabs that the keyboard reaches", () =>
    Effect.gen(function* () {
      const { url } = yield* filledByHand([mail("Tabs", "<h1>One</h1>", "Line one\r\n  line <two>")])
      const page = yield* (yield* browser).open(url)
      yield* sees(page, "#facts", "Jane Doe <jane@example.com>")
      yield* step(() => page.locator("#tab-html").focus())
      yield* step(() => page.keyboard.press("ArrowRight"))
      yield* sees(page, "#text", "line <two>")
      assert.isFalse(yield* step(() => page.locator("#panel-html").isVisible()))
      yield* step(() => page.keyboard.press("ArrowRight"))
      yield* sees(page, "#headers", "<b>odd</b>")
      yield* sees(page, "#headers", "00000000-0000-4000-8000-000000000042")
      yield* step(() => page.keyboard.press("ArrowRight"))
      yield* sees(page, "#source", "X-Odd: <b>odd</b>")
      assert.strictEqual(yield* step(() => page.locator("#tab-source").getAttribute("aria-selected")), "true")
      assert.strictEqual(yield* step(() => page.getByRole("tab").count()), 4)
    })
  )

  it.live("runs no script of a hostile mail, asks nothing of anybody, and stays where it is", () =>
    Effect.gen(function* () {
      const { heard, url: outside } = yield* trap
      const { url } = yield* filledByHand([hostile(outside)])
      const page = yield* (yield* browser).open(url)
      const dialogs: Array<string> = []
      page.on("dialog", (dialog) => {
        dialogs.push(dialog.message())
        void dialog.dismiss()
      })
      yield* step(() => page.reload())
      const frame = page.frameLocator("#frame")
      yield* step(() => frame.locator("p", { hasText: "Still here" }).waitFor())
      for (const tab of ["text", "headers", "source", "html"]) yield* step(() => page.locator(`#tab-${tab}`).click())
      // The ordinary link last: the frame shows the browser's refusal from then on.
      for (const name of ["up", "js", "send", "out"]) yield* step(() => frame.locator(`#${name}`).click())
      yield* step(() => page.waitForTimeout(300))
      assert.deepStrictEqual({ heard, dialogs }, { heard: [], dialogs: [] })
      assert.isUndefined(yield* step(() => page.evaluate("window.pwned")))
      assert.strictEqual(new URL(page.url()).origin, new URL(url).origin)
      assert.strictEqual(yield* step(() => page.locator("#subject img, #list img, #text script").count()), 0)
    })
  )

  it.live("inserts a row of the chosen kind with what was typed, and shows a refusal as text", () =>
    Effect.gen(function* () {
      const { typed, url } = yield* filledByHand()
      const page = yield* (yield* browser).open(url)
      yield* sees(page, "#state", "Live")
      yield* step(() => page.getByRole("button", { name: "New row" }).click())
      yield* step(() => page.getByLabel("Contact").check())
      yield* step(() => page.getByLabel("Name").fill("Kim Example"))
      yield* step(() => page.getByLabel("Message").fill("refuse"))
      yield* step(() => page.getByRole("button", { name: "Insert" }).click())
      yield* sees(page, "#problem", "Nothing was inserted: PostgreSQL refuses <b>it</b>")
      yield* step(() => page.getByLabel("Message").fill("Zwei\nZeilen"))
      yield* step(() => page.keyboard.press("Tab"))
      yield* step(() => page.getByRole("button", { name: "Insert" }).press("Enter"))
      yield* sees(page, "#notice", "Row 11 is in.")
      assert.isFalse(yield* step(() => page.locator("#dialog").isVisible()))
      assert.deepStrictEqual(typed.at(-1), { kind: "website", name: "Kim Example", message: "Zwei\nZeilen" })
    })
  )

  it.live("fits a phone: the list, then one mail, and back by the back button, without scrolling sideways", () =>
    Effect.gen(function* () {
      const { url } = yield* filledByHand([mail("x".repeat(300), "<p>Short</p>", "y".repeat(900)), mail("Two", "<p>")])
      const page = yield* (yield* browser).open(url, { viewport: { width: 340, height: 640 }, hasTouch: true })
      const fits = Effect.map(excess(page), (pixels) => assert.strictEqual(pixels, 0))
      yield* sees(page, "#list .subject", "xxx")
      assert.isFalse(yield* step(() => page.locator("#mail").isVisible()))
      yield* fits
      yield* step(() => page.locator("#list a").last().tap())
      yield* sees(page, "#subject", "xxx")
      assert.isFalse(yield* step(() => page.locator("#list").isVisible()))
      for (const tab of ["text", "headers", "source"]) {
        yield* step(() => page.locator(`#tab-${tab}`).tap())
        yield* fits
      }
      yield* step(() => page.goBack())
      yield* step(() => page.locator("#list").waitFor())
      assert.isFalse(yield* step(() => page.locator("#mail").isVisible()))
    })
  )

  it.live("is dark where the system is, and light where it is not", () =>
    Effect.gen(function* () {
      const { url } = yield* filledByHand([mail("Dark", "<p>Dark</p>")])
      const chromium = yield* browser
      for (const [colorScheme, isRight] of [
        ["dark", (value: number) => value < 60],
        ["light", (value: number) => value > 230]
      ] as const) {
        const page = yield* chromium.open(url, { colorScheme })
        for (const part of ["html", "nav", "#mail"]) {
          const colour = yield* ground(page, part)
          assert.isTrue(colour.length === 3 && colour.every(isRight), `${part} in ${colorScheme}: ${colour}`)
        }
      }
    })
  )
})
