// The HTML part: a calm card of 600 px that reads well in Outlook, in Gmail and on a phone, light and dark. Styles are
// inline because many clients drop the rest, and inherited by cells from their table, except in Word, which draws for Outlook
// and is told apart; nothing is loaded, nothing runs. Every text is escaped in here.
import type { Part, Portion } from "./budget.ts"
import { fit, htmlLimit } from "./budget.ts"
import { shorten } from "./cut.ts"
import { code, escape, escapedCost, paragraphs } from "./escape.ts"
import { missing } from "./Item.ts"
import type { Page } from "./Page.ts"
import { memoized } from "./label.ts"
import { cleanLine } from "./sanitize.ts"
import { showSize } from "./size.ts"
import { leftOut as notShown } from "./text.ts"

// In one property, a tenth of the HTML less; Word knows it among its core properties ("Word 2007 HTML and CSS Rendering
// Capabilities in Outlook 2007"), and a style sheet in the head.
const font = (sizes: string): string => `font:${sizes} 'Segoe UI',sans-serif`
const mono = "font:13px/19px Consolas,Menlo,monospace"
const wrap = "word-break:break-word;overflow-wrap:anywhere"
const ink = `color:#1a1d21;${font("15px/22px")}`
const dim = `color:#5b6470;${font("normal 13px/22px")}`
const rule = "border-top:1px solid #e3e6ea"

// Only for clients that know dark mode; the inline colours are light and complete without it.
const dark =
  "@media (prefers-color-scheme:dark){.page{background-color:#16181c!important}" +
  ".card{background-color:#1f2227!important}.pane{background-color:#272b31!important}" +
  ".card,.rule{border-color:#343941!important}" +
  ".ink{color:#e8eaed!important}.dim{color:#a5acb8!important}.link{color:#8ab4f8!important}}"

const nothing = escape(missing)

/** In one piece: V8 keeps what is put together as its pieces, and would gather them anew for every mail. */
const solid = (html: string): string => Buffer.from(html).toString()

const value = ({ item, text }: Portion): string =>
  item.href === undefined
    ? text === missing
      ? nothing
      : escape(text)
    : `<a class="link" href="${escape(item.href)}" style="color:#0b57d0">${escape(text)}</a>`

const noteLine = (note: string | undefined): string =>
  note === undefined ? "" : `<div class="dim" style="${dim}">${escape(note)}</div>`

const lineBefore = memoized((label) =>
  solid(
    `<tr valign="top"><th class="dim rule" scope="row" align="left" width="112" style="${rule};padding:9px 12px 9px 0;${dim}">${escape(label)}</th><td class="rule" dir="auto" style="${rule};padding:9px 0">`
  )
)

const line = (portion: Portion): string =>
  `${lineBefore(portion.item.label)}${value(portion)}${noteLine(portion.note)}</td></tr>\n`

const blockBefore = memoized((label) =>
  solid(
    `<tr><td class="rule" colspan="2" style="${rule};padding:9px 0 14px"><div class="dim" style="${dim};padding-bottom:6px">${escape(label)}</div><table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td class="pane ink" bgcolor="#f5f6f8" style="border-radius:6px;padding:14px 16px;${ink}`
  )
)

const block = ({ item, note, text }: Portion): string => {
  // On a line of its own: a longer one has to travel in base64.
  const shown = item.layout === "code" ? `;${mono}">\n${code(text)}` : `">\n${paragraphs(text)}`
  return `${blockBefore(item.label)}${shown}${noteLine(note)}${afterBlock}`
}

const afterBlock = "</td></tr></table></td></tr>\n"

const entryBefore = solid(`<tr><td class="ink rule" colspan="2" dir="auto" style="${rule};padding:9px 0;${ink}"><b>`)

/** Small, for many of them in one mail. */
const entry = ({ item, note, text }: Portion): string => `${entryBefore}${escape(item.label)}</b><br>
${escape(text).replaceAll("\n", "<br>\n")}${noteLine(note)}</td></tr>
`

const drawn = { line, paragraphs: block, code: block, entry }

const htmlPart = (inText: ReadonlyArray<Portion>): Part => ({
  fieldLimit: 8_000,
  cost: escapedCost,
  note: (item, bytes) => {
    const more = inText.some((portion) => portion.item === item && portion.bytes > bytes)
    const there = more ? "; the text part has more" : ""
    return `… (cut here: ${showSize(bytes)} of ${showSize(item.total)} shown${there})`
  },
  draw: (portion) => drawn[portion.item.layout](portion)
})

const preheader = ({ fact, items, person }: Page): string => {
  const message = items.find(({ layout }) => layout === "paragraphs")?.text ?? ""
  const beginning = cleanLine(shorten(message, 90))
  return shorten([fact, person, beginning].filter((words) => words !== "").join(" – "), 140)
}

const beforeTitle = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="format-detection" content="telephone=no,date=no,address=no,email=no"><meta name="color-scheme" content="light dark"><title>`

const beforePreheader = solid(`</title>
<style>:root{color-scheme:light dark}${dark}</style><!--[if mso]><style>td{${ink}}</style><![endif]--></head>
<body class="page" bgcolor="#eef0f3" style="margin:0;padding:0"><div style="display:none;max-height:0;overflow:hidden;opacity:0;mso-hide:all">`)

const beforeTop =
  solid(`</div><table class="page" role="presentation" width="100%" cellpadding="0" cellspacing="0" bgcolor="#eef0f3"><tr><td align="center" style="padding:24px 12px"><table class="card" role="presentation" width="600" cellpadding="0" cellspacing="0" bgcolor="#ffffff" style="width:100%;max-width:600px;border:1px solid #e3e6ea;border-radius:8px;${wrap}">
<tr><td style="padding:28px 28px 20px"><div class="dim" style="${dim}">`)

const beforeHeading = solid(
  `</div><h1 class="ink" dir="auto" style="margin:4px 0 0;color:#1a1d21;${font("600 23px/30px")}">`
)

const beforePerson = solid(`<div class="ink" dir="auto" style="${ink};padding-top:4px">`)

const beforeItems = `</td></tr>
<tr><td style="padding:0 28px 12px"><table class="ink" width="100%" cellpadding="0" cellspacing="0" style="${ink}">
`

const head = (page: Page): string => {
  const title = escape(page.title)
  const reference = escape(page.reference)
  const person = page.fact === "" || page.person === "" ? "" : `${beforePerson}${escape(page.person)}</div>`
  const top = `${beforeTop}${title} &middot; ${reference}${beforeHeading}${escape(page.fact || page.person || page.title)}</h1>`
  return `${beforeTitle}${title} ${reference}${beforePreheader}${escape(preheader(page))}${top}${person}${beforeItems}`
}

const beforeFoot = solid(`</table></td></tr>
<tr><td class="dim rule" style="${rule};padding:16px 28px 20px;${dim}">`)

const afterFoot = "</td></tr></table></td></tr></table></body></html>\n"

/** The last lines, with what is said of items that are left out. */
const footOf = (page: Page) => {
  const lines = [page.answer, page.source].filter((words) => words !== "").map(escape)
  return (leftOut: number, inText: number): string => {
    const rest = leftOut === 0 ? "" : notShown(leftOut, page) + (inText > 0 ? " The text part has more." : "")
    return `${beforeFoot}${(rest === "" ? lines : [escape(rest), ...lines]).join("<br>\n")}${afterFoot}`
  }
}

/** `inText` is what the text part shows. */
export const renderHtml = (page: Page, inText: ReadonlyArray<Portion>): string => {
  const part = htmlPart(inText)
  const before = head(page)
  const foot = footOf(page)
  const around = before + foot(page.items.length, 1)
  const { drawn, leftOut, portions } = fit(page.items, htmlLimit, around, part)
  return before + drawn + foot(leftOut, inText.length - portions.length)
}
