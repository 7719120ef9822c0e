// The shapes in which an incident is posted: JSON of our own, and what Slack and Teams show as a message. Pure. No name or
// detail is taken for formatting by the chat that shows it.
import { DateTime } from "effect"
import { describe, headline, type Message } from "../Incident.ts"

export type Shape = "json" | "slack" | "teams"

/** The hosts of incoming webhooks: Slack's, and those of Teams' workflows and of its older connectors. */
const hosts: ReadonlyArray<readonly [RegExp, Shape]> = [
  [/^hooks\.slack(-gov)?\.com$/, "slack"],
  [/\.(logic\.azure|api\.powerplatform|webhook\.office)\.(com|us|cn)$/, "teams"]
]

export const shapeFor = (address: string): Shape => {
  const host = URL.canParse(address) ? new URL(address).hostname : ""
  return hosts.find(([pattern]) => pattern.test(host))?.[1] ?? "json"
}

/** docs/alerting.md shows it. */
export const toJson = (message: Message): string => {
  const { database, detail, event, kind, since, table } = message
  return JSON.stringify({
    event,
    kind,
    database,
    ...(table === "" ? {} : { table }),
    since: DateTime.formatIso(since),
    text: describe(message),
    ...(event === "over" ? {} : { detail })
  })
}

const sentences = ({ detail, event }: Message): string =>
  event === "over" ? "It works again; there is nothing to do." : detail

const sinceOf = ({ database, since }: Message): string => `Database ${database}, since ${DateTime.formatIso(since)}`

/** Slack takes `<` and `&` for its own, and plain text of at most 150 and 3,000 characters. */
const toSlack = (message: Message): string => {
  const plain = (text: string, most: number) => ({ type: "plain_text", text: text.slice(0, most), emoji: false })
  const escaped = describe(message).replace(
    /[&<>]/g,
    (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign] ?? ""
  )
  return JSON.stringify({
    text: escaped,
    blocks: [
      { type: "header", text: plain(headline(message), 150) },
      { type: "section", text: plain(sentences(message), 3_000) },
      { type: "context", elements: [plain(sinceOf(message), 3_000)] }
    ]
  })
}

/** An adaptive card, whose runs of text know no Markdown. */
const toTeams = (message: Message): string => {
  const lines = [
    {
      type: "TextRun",
      text: headline(message),
      weight: "Bolder",
      color: message.event === "over" ? "Good" : "Attention"
    },
    { type: "TextRun", text: sentences(message) },
    { type: "TextRun", text: sinceOf(message), isSubtle: true }
  ]
  return JSON.stringify({
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        contentUrl: null,
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          fallbackText: describe(message),
          msteams: { width: "Full" },
          body: lines.map((line) => ({ type: "RichTextBlock", inlines: [line] }))
        }
      }
    ]
  })
}

export const inShape: Readonly<Record<Shape, (message: Message) => string>> = {
  json: toJson,
  slack: toSlack,
  teams: toTeams
}
