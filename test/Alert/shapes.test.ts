// What is posted, to the letter: each chat takes one shape and drops the rest without a word.
import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import { inShape, shapeFor } from "../../src/Alert/shapes.ts"
import type { Message } from "../../src/Incident.ts"

const message: Message = {
  ...{ event: "opened", kind: "blocked", database: "a<b & c_d_", table: "", detail: "Renew the *secret*." },
  since: DateTime.makeUnsafe(0)
}
const headline = "a<b & c_d_: nothing can be sent from its mailbox"
const since = "Database a<b & c_d_, since 1970-01-01T00:00:00.000Z"

describe("the shape of an alert", () => {
  it("for Slack is a message with blocks, in which nothing is taken for formatting", () => {
    assert.deepStrictEqual(JSON.parse(inShape.slack(message)), {
      text: "a&lt;b &amp; c_d_: nothing can be sent from its mailbox. Renew the *secret*.",
      blocks: [
        { type: "header", text: { type: "plain_text", text: headline, emoji: false } },
        { type: "section", text: { type: "plain_text", text: "Renew the *secret*.", emoji: false } },
        { type: "context", elements: [{ type: "plain_text", text: since, emoji: false }] }
      ]
    })
  })

  it("for Slack keeps to its lengths", () => {
    const long = { ...message, database: "d".repeat(200), detail: "e".repeat(4_000) }
    const { blocks } = JSON.parse(inShape.slack(long)) as {
      readonly blocks: ReadonlyArray<{ readonly text?: { readonly text: string } }>
    }
    assert.deepStrictEqual(
      blocks.map(({ text }) => text?.text.length),
      [150, 3_000, undefined]
    )
  })

  it("for Teams is a message with one adaptive card", () => {
    const line = (inline: object) => ({ type: "RichTextBlock", inlines: [{ type: "TextRun", ...inline }] })
    assert.deepStrictEqual(JSON.parse(inShape.teams(message)), {
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          contentUrl: null,
          content: {
            $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            type: "AdaptiveCard",
            version: "1.4",
            fallbackText: `${headline}. Renew the *secret*.`,
            msteams: { width: "Full" },
            body: [
              line({ text: headline, weight: "Bolder", color: "Attention" }),
              line({ text: "Renew the *secret*." }),
              line({ text: since, isSubtle: true })
            ]
          }
        }
      ]
    })
  })

  it("that something is over is good news, and asks for nothing", () => {
    const over = { ...message, event: "over" } as const
    assert.include(inShape.teams(over), '"color":"Good"')
    for (const shape of ["slack", "teams"] as const) {
      assert.include(inShape[shape](over), "It works again")
      assert.notInclude(inShape[shape](over), "Renew")
    }
  })

  it.each([
    ["https://hooks.slack.com/services/T/B/x", "slack"],
    ["https://hooks.slack-gov.com/services/T/B/x", "slack"],
    ["https://prod-12.westeurope.logic.azure.com:443/workflows/x/triggers/manual/paths/invoke?sig=y", "teams"],
    ["https://default0.5f.environment.api.powerplatform.com:443/powerautomate/automations/direct/x", "teams"],
    ["https://contoso.webhook.office.com/webhookb2/x", "teams"],
    ["https://hooks.slack.com.example.com/x", "json"],
    ["https://example.com/hooks.slack.com", "json"],
    ["https://logic.azure.com.example.com/x", "json"]
  ] as const)("at %s is %s", (address, shape) => {
    assert.strictEqual(shapeFor(address), shape)
  })
})
