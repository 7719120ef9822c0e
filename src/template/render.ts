// Which template a name means. The compiler knows when one is missing.
import type { TemplateName } from "../Database.ts"
import { contactSubmission } from "./contact-submission.ts"
import { inquiry } from "./inquiry.ts"
import { quoteRequest } from "./quote-request.ts"
import { record } from "./record.ts"
import type { Template } from "./Template.ts"

const templates: Record<TemplateName, Template> = {
  inquiry,
  "quote-request": quoteRequest,
  "contact-submission": contactSubmission,
  record
}

export const render = (name: TemplateName): Template => templates[name]
