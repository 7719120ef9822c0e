// Mutants of the mail itself: a stranger cannot bend it, and no server on the way has to.
import type { Mutant } from "../Mutant.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "a duplicate without its header",
    file: "src/Mailer/Mime.ts",
    find: "mail.maybeDuplicate ?",
    replace: "false ?",
    test: "test/Mailer/Mime.test.ts",
    says: "says in a header of its own that it may be a duplicate"
  },
  {
    name: "control characters in a header",
    file: "src/Mailer/Mime.ts",
    find: "encodeWords(clean(mail.subject))",
    replace: "encodeWords(mail.subject)",
    test: "test/Mailer/Mime.test.ts",
    says: "makes no header, no body and no recipient of"
  },
  {
    name: "a boundary in a part that goes out as it is",
    file: "src/Mailer/part.ts",
    find: '"From ", boundaryMark]',
    replace: '"From "]',
    test: "test/Mailer/MimeComposed.test.ts",
    says: 'sends "\\n----_NmP-6c'
  },
  {
    name: "a longer line than a server takes",
    file: "src/Mailer/part.ts",
    find: "longestLine = 998",
    replace: "longestLine = 999",
    test: "test/Mailer/MimeComposed.test.ts",
    says: "987 more by base64"
  },
  {
    name: "a line break by a header's last bytes",
    file: "src/Mailer/Mime.ts",
    find: "!pieces.every(isAscii)",
    replace: "false",
    test: "test/Mailer/Mime.test.ts",
    says: "makes no header, no body and no recipient of"
  },
  {
    name: "a line break in the subject",
    file: "src/template/sanitize.ts",
    find: 'clean(text).replace(/\\s+/g, " ").trim()',
    replace: "text.trim()",
    test: "test/template/subject.test.ts",
    says: "stays one line whatever the words and the key hold"
  },
  {
    name: "a header in the name of who is answered",
    file: "src/template/replyTo.ts",
    find: "shorten(cleanLine(name.replace(",
    replace: "shorten((name.replace(",
    test: "test/template/replyTo.test.ts",
    says: "keeps out of the name what could end it or pass for an address"
  },
  {
    name: "HTML not escaped",
    file: "src/template/escape.ts",
    find: 'entities[character] ?? ""',
    replace: "character",
    test: "test/template/hostile.test.ts",
    says: "keeps a table of 1,500 columns within its bounds"
  },
  {
    name: "the time of the row before",
    file: "src/template/time.ts",
    find: "last.second !== second || ",
    replace: "",
    test: "test/template/time.test.ts",
    says: "shows rows of the same second in the zone of each, and not those of the one before"
  },
  {
    name: "the zone of the row before",
    file: "src/template/time.ts",
    find: " || last.zone !== zone",
    replace: "",
    test: "test/template/time.test.ts",
    says: "shows rows of the same second in the zone of each, and not those of the one before"
  }
]
