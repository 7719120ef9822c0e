// What the demo prints: one calm block a mail, as much of it as fits a glance.
import type { Mail } from "../stage/GraphMail.ts"
import { Cause, Effect } from "effect"
import { CliError } from "effect/cli"

const shownLines = 12
const width = 96

const colour = process.stdout.isTTY && process.env["NO_COLOR"] === undefined
const paint = (code: number) => (text: string) => (colour ? `\u001B[${code}m${text}\u001B[0m` : text)
export const bold = paint(1)
export const dim = paint(2)
export const green = paint(32)
export const red = paint(31)

const cut = (line: string): string => (line.length > width ? `${line.slice(0, width - 1)}…` : line)

/** A mail as a block of lines; a long one is cut and says so. */
export const showMail = Effect.fn("showMail")(function* (mail: Mail, index: number) {
  const { from, replyTo, subject, text, to } = yield* mail.parsed
  const lines = (text ?? "").trimEnd().split(/\r?\n/)
  const more = lines.length - shownLines
  const addresses = (list: typeof to) => (list ?? []).map(({ address }) => address).join(", ")
  return [
    "",
    bold(`✉ ${index}  ${subject ?? ""}`),
    dim(`   ${from?.address ?? ""} → ${addresses(to)} · answers go to ${addresses(replyTo) || "nobody"}`),
    ...lines.slice(0, shownLines).map((line) => `   ${dim("│")} ${cut(line)}`),
    ...(more > 0 ? [dim(`   │ … and ${more} more lines`)] : [])
  ].join("\n")
})

/** Why the demo ended; undefined if it was told to, or if the reason was told already. */
export const reasonOf = (cause: Cause.Cause<unknown>): string | undefined => {
  const error = Cause.squash(cause)
  if (Cause.hasInterruptsOnly(cause) || CliError.isCliError(error)) return undefined
  return error instanceof Error ? error.message : String(error)
}
