import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { note } from "../src/Trigger.ts"
import { quiet } from "./support/quiet.ts"

const table = { schema: "public", name: "inquiries", key: "id", keyType: "integer", columns: [] } as const

describe("a trigger", () => {
  it.effect("is reported once when it is lost, once when it is back, and again when it is lost again", () =>
    Effect.gen(function* () {
      const { layer, lines } = quiet()
      const lost = new Set<number>()
      for (const armed of [true, false, false, true, true, false]) {
        yield* note(lost, { number: 1, armed }, table).pipe(Effect.provide(layer))
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
})
