// Who may do what. Reading is open to this machine; everything that changes something, and everything from beyond, needs
// the token. This machine is known by both ends of the connection. Any website can make a browser here ask, under a name
// of its own (DNS rebinding): so a visitor without the token must also have called us by a name of this machine.
import { Effect, Redacted } from "effect"
import { createHash, timingSafeEqual } from "node:crypto"
import { isIPv4 } from "node:net"
import { type Answer, type Asked, refusal } from "./Answer.ts"
import type { Attempts } from "./Attempts.ts"

export type Token = Redacted.Redacted | undefined

const unasked = { "www-authenticate": 'Bearer realm="inquiries-mailer"' }

/** The answer to who may not; undefined for who may. */
export const judge = Effect.fnUntraced(function* (
  asked: Asked,
  changes: boolean,
  token: Token,
  attempts: Attempts
): Effect.fn.Return<Answer | undefined> {
  const open = !changes && isLoopback(asked.peer) && isLoopback(asked.own) && !asked.forwarded
  if (open && isOurName(asked.host)) return undefined
  if (open && asked.authorization === undefined) {
    return refusal(421, "call it by a name of this machine: localhost, 127.0.0.1 or [::1]")
  }
  if (token === undefined) return refusal(503, "this needs ADMIN_TOKEN to be set, and it is not")
  const presented = /^bearer +(\S+) *$/i.exec(asked.authorization ?? "")?.[1]
  if (presented === undefined) {
    return refusal(401, "this needs the header Authorization: Bearer with the ADMIN_TOKEN", unasked)
  }
  const barred = yield* attempts.barred(asked.peer)
  if (barred !== undefined) {
    const seconds = String(Math.ceil(barred / 1_000))
    return refusal(429, `too many wrong tokens: try again in ${seconds} s`, { "retry-after": seconds })
  }
  if (isSame(presented, Redacted.value(token))) return undefined
  yield* attempts.failed(asked.peer)
  return refusal(403, "this is not the ADMIN_TOKEN")
})

export const isLoopback = (address: string): boolean => {
  const plain = address.replace(/^::ffff:/, "")
  return plain === "::1" || (isIPv4(plain) && plain.startsWith("127."))
}

/** Whatever the port: a forwarded one is another. HTTP/1.0 needs no host, and browsers always send one. */
const isOurName = (host: string | undefined): boolean => {
  if (host === undefined) return true
  const name = host.replace(/:\d*$/, "").replace(/^\[(.*)\]$/, "$1")
  return name.toLowerCase() === "localhost" || isLoopback(name)
}

/** In a time that tells neither how long the token is nor how much of it was right. */
const isSame = (left: string, right: string): boolean => timingSafeEqual(digest(left), digest(right))

const digest = (value: string): Buffer => createHash("sha256").update(value).digest()
