// Whom an answer may go to. A form is filled in by strangers, so an address is taken whole or not at all, and a name
// never holds what could end it or pass for an address.
import { shorten } from "./cut.ts"
import { cleanLine } from "./sanitize.ts"
import type { Rendered } from "./Template.ts"

const local = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
const domainLabel = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
const addressPattern = new RegExp(
  `^(?=.{1,64}@)(${local})@((?:${domainLabel}\\.)+(?:[A-Za-z]{2,63}|xn--[A-Za-z0-9-]{1,59}))$`
)

/** The one address that `text` is, plain spaces around it aside. */
export const validAddress = (text: string | undefined): string | undefined => {
  if (text === undefined || text.length > 512) return undefined
  const address = text.includes(" ") ? text.replace(/^ +/, "").replace(/(?<! ) +$/, "") : text
  return address.length <= 254 && addressPattern.test(address) ? address : undefined
}

export const mailto = (address: string): string => {
  const at = address.lastIndexOf("@")
  return `mailto:${encodeURIComponent(address.slice(0, at))}${address.slice(at)}`
}

/** `tel:` for what is surely one telephone number; an extension makes it unsure. */
export const tel = (text: string): string | undefined => {
  if (text.length > 40 || !/^\+?[\d ()./-]+$/.test(text)) return undefined
  const digits = text.replace(/\D/g, "")
  return digits.length >= 7 && digits.length <= 15 ? `tel:${text.startsWith("+") ? "+" : ""}${digits}` : undefined
}

export const replyTo = (address: string | undefined, name: string): Rendered["replyTo"] => {
  const valid = validAddress(address)
  if (valid === undefined) return undefined
  const plain = shorten(cleanLine(name.replace(/[<>"@,;:\\()[\]]/g, " ")), 64)
  return { name: plain === "" ? undefined : plain, address: valid }
}
