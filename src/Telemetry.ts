// How the program speaks: one line an event, as JSON for machines or readable for people. Lines say what happened to
// which row of which table, and hold neither customer data nor secrets; a cause is described, never printed.
import type { LogLevel } from "effect"
import { Console, Effect, Layer, Logger, References } from "effect"
import { describeCrash } from "./Crash.ts"
import * as Otlp from "./Otlp.ts"
import type { Line } from "./Otlp/Logs.ts"

export interface Options {
  readonly level: LogLevel.LogLevel
  readonly format: "json" | "pretty"
}

/** Replaces all loggers by the one that these options ask for; with `otel` lines, metrics and traces go to a collector, too. */
export const layer = (options: Options, otel?: Otlp.Options): Layer.Layer<never> =>
  otel === undefined ? printing(options) : Layer.provideMerge(Otlp.layer(otel, line), printing(options))

const printing = ({ level, format }: Options): Layer.Layer<never> =>
  Layer.mergeAll(
    Layer.unwrap(
      Effect.map(printer, (print) => Logger.layer([print(Logger.map(line, format === "json" ? toJson : toText))]))
    ),
    Layer.succeed(References.MinimumLogLevel, level),
    // Only what is done for a notice is traced, and `Trace` says so where it begins: no other span is made.
    Layer.succeed(References.TracerEnabled, false)
  )

/** Prints what was said in one turn of the loop at once; a process that ends, however suddenly, says the rest before. */
const printer = Effect.map(
  Effect.acquireRelease(
    Effect.map(Console.Console, (console) => {
      let lines: Array<string> = []
      const flush = () => {
        if (lines.length > 0) console.log(lines.join("\n"))
        lines = []
      }
      process.on("exit", flush)
      const print = (line: string) => {
        if (lines.push(line) === 1) setImmediate(flush)
      }
      return { flush, print }
    }),
    ({ flush }) =>
      Effect.sync(() => {
        flush()
        process.off("exit", flush)
      })
  ),
  ({ print }) => Logger.map<string, void>(print)
)

const line: Logger.Logger<unknown, Line> = Logger.make(({ cause, date, fiber, logLevel, message }) => {
  const said = (Array.isArray(message) ? message : [message]).map(String)
  return {
    time: date.toISOString(),
    level: logLevel.toLowerCase(),
    message: [...said, ...(cause.reasons.length === 0 ? [] : [describeCrash(cause)])].join(" "),
    annotations: fiber.getRef(References.CurrentLogAnnotations)
  }
})

/** One object, without making one. */
const toJson = ({ annotations, level, message, time }: Line): string => {
  const said = JSON.stringify({ time, level, message })
  const notes = JSON.stringify(annotations)
  return notes === "{}" ? said : `${said.slice(0, -1)},${notes.slice(1)}`
}

/** `12:30:01 info  autos inquiries #42: sent: … (attempt=1 notice=…)`. */
const toText = ({ annotations, level, message, time }: Line): string => {
  const { database, key, table, ...others } = annotations
  const where = [database, table, key === undefined ? undefined : `#${String(key)}`].filter(
    (part) => part !== undefined
  )
  const more = Object.entries(others).map(([name, value]) => `${name}=${String(value)}`)
  const text = `${where.join(" ")}${where.length === 0 ? "" : ": "}${message}${more.length === 0 ? "" : ` (${more.join(" ")})`}`
  return `${time.slice(11, 19)} ${level.padEnd(5)} ${printable(text)}`
}

/** A table's name may hold anything, also what moves a terminal's cursor. */
const printable = (text: string): string => text.replace(/\p{Cc}/gu, "\u{FFFD}")
