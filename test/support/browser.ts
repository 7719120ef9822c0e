// A real Chromium for tests and screenshots: the one that is installed, with a new profile and no traffic of its own.
// Where there is none, `missing` says what to do about it.
import { Effect } from "effect"
import * as fs from "node:fs"
import { chromium, type BrowserContextOptions, type Page } from "playwright-core"

const places = [
  process.env["CHROMIUM_PATH"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
]

const executablePath = places.find((place) => fs.existsSync(place))

/** Why nothing can be tried in a browser here; undefined if it can. */
export const missing =
  executablePath === undefined
    ? "no Chromium is installed: run scripts/ensure-tools.sh as root, or set CHROMIUM_PATH"
    : undefined

const args = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

const launch = Effect.acquireRelease(
  // Vitest and the scope end it; its own answers to signals would only race with them.
  Effect.promise(() =>
    chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args,
      chromiumSandbox: false,
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false
    })
  ),
  (browser) => Effect.promise(() => browser.close())
)

/** Opens pages in contexts of their own; all of it ends with the scope. */
export const browser = Effect.map(launch, (running) => ({
  open: Effect.fnUntraced(function* (url: string, options: BrowserContextOptions = {}) {
    const context = yield* Effect.promise(() => running.newContext(options))
    const page: Page = yield* Effect.promise(() => context.newPage())
    page.setDefaultTimeout(10_000)
    yield* Effect.promise(() => page.goto(url))
    return page
  })
}))
