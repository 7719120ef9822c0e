// The status page as answers, by their paths: a document, its styles and its modules, the same for everybody and without
// a word about any database. Its policy runs what stands in these files and nothing else, and asks this server alone.
import { readFileSync } from "node:fs"
import type { Answer } from "./Answer.ts"

/** The build puts the text in the place of the call, see scripts/build/inlined.ts. */
const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8")

const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", "trusted-types 'none'"]
].join("; ")

const headers = {
  "content-security-policy": policy,
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin"
}

const as = (type: string, body: string): Answer => ({ status: 200, type, body, headers })
const script = (body: string) => as("text/javascript; charset=utf-8", body)
const style = (body: string) => as("text/css; charset=utf-8", body)

export const page: ReadonlyMap<string, Answer> = new Map([
  ["/", as("text/html; charset=utf-8", read("./page/page.html"))],
  ["/page/page.css", style(read("./page/page.css"))],
  ["/page/cards.css", style(read("./page/cards.css"))],
  ["/page/icon.svg", as("image/svg+xml", read("./page/icon.svg"))],
  ["/page/main.js", script(read("./page/main.js"))],
  ["/page/follow.js", script(read("./page/follow.js"))],
  ["/page/card.js", script(read("./page/card.js"))],
  ["/page/deck.js", script(read("./page/deck.js"))],
  ["/page/parked.js", script(read("./page/parked.js"))],
  ["/page/ask.js", script(read("./page/ask.js"))],
  ["/page/words.js", script(read("./page/words.js"))],
  ["/page/dom.js", script(read("./page/dom.js"))]
])
