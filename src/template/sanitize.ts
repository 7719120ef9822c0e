// Makes a stranger's text safe to look at: nothing invisible, nothing that reorders what is around it, no control
// character but newline and tab, no half of a surrogate pair. Linear in the text. Escaping is html.ts's business.

const lineBreak = /\r\n?|[\v\f\u0085\u2028\u2029]/g

// Format characters first, then blanks that pretend to be letters. Joiners are judged apart, below.
const unwanted =
  /[\p{Cs}\p{Noncharacter_Code_Point}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e007f}]/gu

// oxlint-disable-next-line no-control-regex -- control characters are the point
const control = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/g

// Persian and the Indic scripts spell with joiners and emoji families hang together by them; elsewhere they only hide.
const joins =
  "[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f]"
const strayJoiner = new RegExp(`(?<!${joins})[\\u200c\\u200d]|[\\u200c\\u200d](?!${joins})`, "gu")

// Most texts: nothing in them is to be cleaned.
const plain = /^[\x20-\x7e]*$/

/** Text of several lines; line breaks become `\n`, at most one empty line in a row, none at either end. */
export const clean = (text: string): string =>
  plain.test(text)
    ? text.trimEnd()
    : text
        .replace(lineBreak, "\n")
        .replace(control, "")
        .replace(unwanted, "")
        .replace(strayJoiner, "")
        .replace(/\n[\t ]+(?=\n)/g, "\n")
        .replace(/\n{3,}/g, "\n\n")
        .replace(/^[\t ]*\n+/, "")
        .trimEnd()

// Most lines: single spaces between words.
const plainLine = /^(?:[!-~]+(?: [!-~]+)*)?$/

/** The same on one line. */
export const cleanLine = (text: string): string =>
  plainLine.test(text) ? text : clean(text).replace(/\s+/g, " ").trim()
