// Catches log lines instead of printing them, so that a test can say what an operator would have read.
import type { Layer } from "effect"
import { Effect, Logger, References } from "effect"

export interface Said {
  readonly level: string
  readonly message: string
  readonly annotations: Readonly<Record<string, unknown>>
}

/** A layer that replaces all loggers, and the lines it has caught. */
export const quiet = () => {
  const lines: Array<Said> = []
  const logger = Logger.make(({ fiber, logLevel, message }) => {
    lines.push({
      level: logLevel,
      message: (Array.isArray(message) ? message : [message]).join(" "),
      annotations: { ...fiber.getRef(References.CurrentLogAnnotations) }
    })
  })
  return { lines, layer: Logger.layer([logger]) as Layer.Layer<never> }
}

export const silently = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provide(self, quiet().layer)
