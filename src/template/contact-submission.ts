// A message from a contact form: what kind it is and from whom. `New contact submission: Sales – Jane Doe (#3)`.
import { listed, personName, repeatsKey, words } from "./columns.ts"
import type { Template } from "./Template.ts"

export const contactSubmission: Template = (row, context) => ({
  title: "New contact submission",
  kind: { one: "contact submission", many: "contact submissions" },
  fact: words(row, "inquiry_type", context),
  person: personName(row, context),
  items: listed(
    row,
    context,
    [
      { label: "Name", columns: ["first_name", "last_name"] },
      { label: "Email", columns: ["email"] },
      { label: "Phone", columns: ["phone"] },
      { label: "Inquiry Type", columns: ["inquiry_type"] },
      { label: "Message", columns: ["message"], as: "paragraphs" },
      { label: "Created At", columns: [context.createdAt] }
    ],
    repeatsKey(row)
  )
})
