import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect } from "effect"
import { TestConsole } from "effect/testing"
import * as Telemetry from "../src/Telemetry.ts"

const said = (options: Telemetry.Options, log: Effect.Effect<void>) =>
  Effect.gen(function* () {
    yield* log.pipe(
      Effect.annotateLogs({ database: "autos", table: "public.inquiries", key: "42", attempt: 2 }),
      Effect.provide(Telemetry.layer(options))
    )
    return (yield* TestConsole.logLines).map(String)
  })

describe("Telemetry", () => {
  it.effect("writes one JSON object a line, with everything an alert may ask for at its top", () =>
    Effect.gen(function* () {
      const [line] = yield* said({ level: "Info", format: "json" }, Effect.logWarning("postponed"))
      assert.deepStrictEqual(JSON.parse(line ?? ""), {
        ...{ time: "1970-01-01T00:00:00.000Z", level: "warn", message: "postponed" },
        ...{ database: "autos", table: "public.inquiries", key: "42", attempt: 2 }
      })
    })
  )

  it.effect("writes for people which row of which table it is about, before what happened", () =>
    Effect.gen(function* () {
      const lines = yield* said({ level: "Info", format: "pretty" }, Effect.logInfo("sent"))
      assert.deepStrictEqual(lines, ["00:00:00 info  autos public.inquiries #42: sent (attempt=2)"])
    })
  )

  it.effect("lets nothing move the terminal's cursor or begin a line of its own", () =>
    Effect.gen(function* () {
      const lines = yield* said({ level: "Info", format: "pretty" }, Effect.logInfo("a\nb\u001B[2J"))
      assert.match(lines[0] ?? "", /a\u{FFFD}b\u{FFFD}\[2J/u)
    })
  )

  it.effect("prints what is said in one turn at once and in order, and the rest when the process ends suddenly", () =>
    Effect.gen(function* () {
      const before = new Set(process.listeners("exit"))
      const turn = Effect.callback<void>((resume) => void setImmediate(() => resume(Effect.void)))
      const lines = yield* Effect.gen(function* () {
        yield* Effect.andThen(Effect.logInfo("one"), Effect.logInfo("two"))
        yield* turn
        yield* Effect.logInfo("three")
        for (const listener of process.listeners("exit")) if (!before.has(listener)) listener(0)
        return yield* TestConsole.logLines
      }).pipe(Effect.provide(Telemetry.layer({ level: "Info", format: "pretty" })))
      assert.deepStrictEqual(lines, ["00:00:00 info  one\n00:00:00 info  two", "00:00:00 info  three"])
      assert.deepStrictEqual(new Set(process.listeners("exit")), before)
    })
  )

  it.effect("says nothing below its level", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* said({ level: "Warn", format: "json" }, Effect.logInfo("sent")), [])
    })
  )

  it.effect("describes a cause and does not print it", () =>
    Effect.gen(function* () {
      const cause = Cause.die(new Error("jane@example.com"))
      const [line] = yield* said({ level: "Info", format: "json" }, Effect.logError("crashed", cause))
      assert.notInclude(line, "jane")
      assert.include(line, "Telemetry.test.ts")
    })
  )
})
