// Which template a name means, and a row as a mail of it. The compiler knows when one is missing.
import type { TemplateName } from "../Database.ts"
import type { Row } from "../Row.ts"
import { compose } from "./compose.ts"
import { contactSubmission } from "./contact-submission.ts"
import { inquiry } from "./inquiry.ts"
import { quoteRequest } from "./quote-request.ts"
import { record } from "./record.ts"
import type { Context, Rendered, Template } from "./Template.ts"

const templates: Record<TemplateName, Template> = {
  inquiry,
  "quote-request": quoteRequest,
  "contact-submission": contactSubmission,
  record
}

export const template = (name: TemplateName): Template => templates[name]

export const render =
  (name: TemplateName) =>
  (row: Row, context: Context): Rendered =>
    compose(templates[name](row, context), row, context)
