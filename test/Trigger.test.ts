import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { noFaults, note } from "../src/Trigger.ts"
import { watched } from "./support/fakes.ts"
import { quiet } from "./support/quiet.ts"

const description = { schema: "public", name: "inquiries", key: "id", keyType: "integer", columns: [] } as const
const table = { database: watched.database, description }

describe("a trigger", () => {
  it.effect("is reported once when it is lost, once when it is back, and again when it is lost again", () =>
    Effect.gen(function* () {
      const { layer, lines } = quiet()
      const faults = noFaults()
      for (const armed of [true, false, false, true, true, false]) {
        yield* note(faults, { number: 1, armed, notifies: armed }, table).pipe(Effect.provide(layer))
      }
      assert.deepStrictEqual(
        lines.map(({ level, message }) => `${level} ${message.split(":")[0]}`),
        [
          "Error table public.inquiries has lost its trigger, new rows are mailed late or not at all",
          "Info table public.inquiries has its trigger again",
          "Error table public.inquiries has lost its trigger, new rows are mailed late or not at all"
        ]
      )
    })
  )

  it.effect("that notifies nobody is reported once, where somebody listens, and so is one that notifies again", () =>
    Effect.gen(function* () {
      const { layer, lines } = quiet()
      const faults = noFaults()
      const look = (notifies: boolean, wake: "listen" | "poll" = "listen") => {
        const database = { ...watched.database, wake }
        return note(faults, { number: 1, armed: true, notifies }, { database, description }).pipe(Effect.provide(layer))
      }
      yield* look(false, "poll")
      assert.isEmpty(lines)
      for (const notifies of [true, false, false, true, true]) yield* look(notifies)
      assert.deepStrictEqual(
        lines.map(({ level, message }) => `${level} ${message.split(",")[0]}`),
        [
          "Warn the trigger of table public.inquiries notifies nobody",
          "Info the trigger of table public.inquiries notifies again: rows are mailed at once"
        ]
      )
    })
  )
})
