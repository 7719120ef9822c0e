// Words: where one kind of signal goes.
import type { Duration } from "effect"

export interface Destination {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly compression: "gzip" | "none"
  readonly shutdownTimeout: Duration.Input
}
