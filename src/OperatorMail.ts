// A mail to the operator: short paragraphs and tables, as text and as HTML. Pure; it escapes everything, also what was
// taken for harmless, and what is the same is the same mail.
import { createHash } from "node:crypto"
import type { DateTime } from "effect"
import type { Mail } from "./Mailer.ts"
import { messageId, NoticeId } from "./Notice.ts"
import { shorten } from "./template/cut.ts"
import { escape } from "./template/escape.ts"
import { cleanLine } from "./template/sanitize.ts"

export type Block =
  | { readonly _tag: "Title" | "Text" | "Alarm"; readonly text: string }
  /** The first row are the titles; all but the first column are numbers. */
  | { readonly _tag: "Table"; readonly rows: ReadonlyArray<ReadonlyArray<string>> }

export const title = (text: string): Block => ({ _tag: "Title", text })
export const text = (text: string): Block => ({ _tag: "Text", text })
/** What somebody has to look at. */
export const alarm = (text: string): Block => ({ _tag: "Alarm", text })

export interface Content {
  readonly subject: string
  readonly blocks: ReadonlyArray<Block>
}

const subjectLength = 180

export interface Sending extends Content {
  /** What makes this mail this one: every attempt to send it has the same Message-ID. */
  readonly identity: ReadonlyArray<string>
  readonly to: ReadonlyArray<string>
  readonly date: DateTime.Utc
  readonly maybeDuplicate?: boolean
}

export const write =
  ({ blocks, date, identity, maybeDuplicate = false, subject, to }: Sending) =>
  (from: string): Mail => {
    const id = idOf(identity)
    return {
      ...{ from, to, cc: [], replyTo: undefined, date, maybeDuplicate },
      subject: shorten(cleanLine(subject), subjectLength),
      text: toText(blocks),
      html: toHtml(blocks),
      messageId: messageId(id, from),
      correlationId: id
    }
  }

/** A uuid, made of a hash. */
export const idOf = (identity: ReadonlyArray<string>): NoticeId => {
  const hex = createHash("sha256").update(JSON.stringify(identity)).digest("hex")
  return NoticeId.make(
    [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join("-")
  )
}

export const toText = (blocks: ReadonlyArray<Block>): string => `${blocks.map(textOf).join("\n\n")}\n`

const textOf = (block: Block): string => {
  switch (block._tag) {
    case "Title":
      return `${cleanLine(block.text)}\n${"-".repeat(cleanLine(block.text).length)}`
    case "Text":
      return cleanLine(block.text)
    case "Alarm":
      return `! ${cleanLine(block.text)}`
    case "Table": {
      const rows = block.rows.map((row) => row.map(cleanLine))
      const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length)))
      const cell = (value: string, at: number) =>
        at === 0 ? value.padEnd(widths[at] ?? 0) : value.padStart(widths[at] ?? 0)
      return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n")
    }
  }
}

const font = "font-family:'Segoe UI',Helvetica,Arial,sans-serif;font-size:15px;line-height:22px;color:#1a1d21"

const htmlOf = (block: Block): string => {
  const shown = (text: string) => escape(cleanLine(text))
  switch (block._tag) {
    case "Title":
      return `<h2 style="margin:20px 0 4px;font-size:17px">${shown(block.text)}</h2>`
    case "Text":
      return `<p style="margin:0 0 10px">${shown(block.text)}</p>`
    case "Alarm":
      return `<p style="margin:0 0 10px;padding:6px 10px;border-left:4px solid #b3261e"><strong>${shown(block.text)}</strong></p>`
    case "Table": {
      const row = (tag: "td" | "th") => (cells: ReadonlyArray<string>) =>
        `<tr>${cells.map((cell, at) => `<${tag} align="${at === 0 ? "left" : "right"}" style="padding:4px 12px 4px 0;border-bottom:1px solid #e3e6ea">${shown(cell)}</${tag}>`).join("")}</tr>`
      const [head = [], ...body] = block.rows
      return `<table cellspacing="0" style="margin:0 0 10px;font-size:14px">${[row("th")(head), ...body.map(row("td"))].join("\n")}</table>`
    }
  }
}

const toHtml = (blocks: ReadonlyArray<Block>): string =>
  `<!doctype html>\n<html lang="en"><body style="margin:16px;${font}">\n${blocks.map(htmlOf).join("\n")}\n</body></html>\n`
