// What the inbox answers with. Every answer forbids what it does not need; only the page itself may run a script, and
// only from a file of this folder.
import { readFileSync } from "node:fs"

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `frame-src` also keeps a link in a mail from leading its frame away. */
const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

/** For the HTML of a stranger: its inline styles, and nothing else; the sandbox holds even in a tab of its own. */
export const mailPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; sandbox"

export const reply = (
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {}
): Reply => ({
  status,
  headers: {
    "content-type": `${type}; charset=utf-8`,
    "content-security-policy": pagePolicy,
    "x-content-type-options": "nosniff",
    "x-dns-prefetch-control": "off",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    ...headers
  },
  body
})

export const file = (name: string, type: string): Reply =>
  reply(200, type, readFileSync(new URL(name, import.meta.url), "utf8"))
