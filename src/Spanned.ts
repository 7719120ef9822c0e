// Spans that cost next to nothing where nobody takes traces, as it is nearly everywhere.
import { Effect, References, type Tracer } from "effect"

/** Around work that is done for every mail. Made once: making one looks at the stack. */
export const spanned = (name: string, kind: Tracer.SpanKind = "internal") => {
  const taken = Effect.withSpan(name, { kind })
  return <A, E, R>(work: Effect.Effect<A, E, R>) =>
    Effect.withFiber<A, E, R>((fiber) => (fiber.getRef(References.TracerEnabled) ? taken(work) : work))
}
