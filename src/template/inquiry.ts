// A car inquiry: what was asked about and by whom. `New inquiry: 2023 Honda Civic – Jane Doe (#42)`.
import { listed, personName, repeatsKey, words } from "./columns.ts"
import type { Template } from "./Template.ts"

export const inquiry: Template = (row, context) => ({
  title: "New inquiry",
  kind: { one: "inquiry", many: "inquiries" },
  fact: words(row, "subject", context),
  person: personName(row, context),
  items: listed(
    row,
    context,
    [
      { label: "Name", columns: ["name"] },
      { label: "Email", columns: ["email"] },
      { label: "Phone", columns: ["phone"] },
      { label: "Subject", columns: ["subject"] },
      { label: "Message", columns: ["message"], as: "paragraphs" },
      { label: "Vehicle ID", columns: ["vehicle_id"] },
      { label: "Created At", columns: [context.createdAt] },
      { label: "Status", columns: ["status"] }
    ],
    repeatsKey(row)
  )
})
