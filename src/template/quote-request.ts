// A quote request: the service, and who asks for which company. `New quote request: Ocean freight – Jane Doe, Acme (#7)`.
import { listed, personName, repeatsKey, words } from "./columns.ts"
import type { Template } from "./Template.ts"

// The office's own bookkeeping, empty in a new row.
const internal = ["assigned_to", "converted_to_client"]

export const quoteRequest: Template = (row, context) => ({
  title: "New quote request",
  kind: { one: "quote request", many: "quote requests" },
  fact: words(row, "service", context),
  person: [personName(row, context), words(row, "company", context)].filter((part) => part !== "").join(", "),
  items: listed(
    row,
    context,
    [
      { label: "Name", columns: ["name"] },
      { label: "Email", columns: ["email"] },
      { label: "Phone", columns: ["phone"] },
      { label: "Company", columns: ["company"] },
      { label: "Service", columns: ["service"] },
      { label: "Message", columns: ["message"], as: "paragraphs" },
      { label: "Current Ships", columns: ["current_shipments"] },
      { label: "Expected Ships", columns: ["expected_shipments"] },
      { label: "Services", columns: ["services"], as: "list" },
      { label: "Consent", columns: ["consent"], as: "yes-no" },
      { label: "Created At", columns: [context.createdAt] },
      { label: "Status", columns: ["status"] }
    ],
    [...repeatsKey(row), ...internal]
  )
})
