// What of a mail the inbox page is told: a line for the list, the parts for the tabs, its HTML and its source.
import { DateTime, Effect } from "effect"
import type { Address } from "postal-mime"
import type { Mail } from "../GraphMail.ts"
import { mailPolicy, reply } from "./Reply.ts"

const shown = ({ address, name }: Address): string =>
  name === "" || name === address ? (address ?? "") : `${name} <${address ?? ""}>`
const list = (addresses: ReadonlyArray<Address> | undefined): string => (addresses ?? []).map(shown).join(", ")

export const summary = Effect.fnUntraced(function* (mail: Mail, id: number) {
  const { from, subject, to } = yield* mail.parsed
  return {
    id,
    subject: subject ?? "",
    from: from?.address ?? mail.mailbox,
    to: list(to),
    at: DateTime.formatIso(DateTime.makeUnsafe(mail.receivedAt))
  }
})

export const open = Effect.fnUntraced(function* (mail: Mail) {
  const { cc, headers, html, replyTo, text } = yield* mail.parsed
  const parts = {
    cc: list(cc),
    replyTo: list(replyTo),
    text: text ?? "",
    hasHtml: html !== undefined,
    headers: headers.map(({ originalKey, value }) => [originalKey, value]),
    clientRequestId: mail.clientRequestId ?? ""
  }
  return reply(200, "application/json", JSON.stringify(parts))
})

export const html = Effect.fnUntraced(function* (mail: Mail) {
  const { html = "<!doctype html><title>No HTML</title><p>This mail has no HTML part." } = yield* mail.parsed
  return reply(200, "text/html", html, { "content-security-policy": mailPolicy })
})

/** Shown in its tab, and named for whoever saves it to look at it in a mail program. */
export const source = (mail: Mail, id: number) =>
  reply(200, "text/plain", mail.raw, { "content-disposition": `inline; filename="mail-${id}.eml"` })
