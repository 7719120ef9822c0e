// What is asked and what is answered, as values. No answer holds a secret or customer data.
import type { Effect } from "effect"

export interface Asked {
  readonly method: string
  /** Without the query. */
  readonly path: string
  /** The two ends of the connection, as addresses: what a visitor writes into headers proves nothing. */
  readonly peer: string
  readonly own: string
  readonly host: string | undefined
  readonly authorization: string | undefined
  /** A proxy says that it speaks for somebody else. */
  readonly forwarded: boolean
}

export interface Answer {
  readonly status: number
  readonly type: string
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
  /**
   * Goes on after the body for as long as the visitor is there and the server lives; ended from outside. A `write` ends when
   * the visitor has room for more, so that one who reads slowly is written to seldom, and nothing piles up.
   */
  readonly follow?: (write: (text: string) => Effect.Effect<void>) => Effect.Effect<void>
}

export const text = (body: string, type: string): Answer => ({ status: 200, type, body, headers: {} })

export const json = (status: number, value: unknown, headers: Answer["headers"] = {}): Answer => ({
  status,
  type: "application/json; charset=utf-8",
  body: `${JSON.stringify(value)}\n`,
  headers
})

/** With a sentence that says what to do. */
export const refusal = (status: number, error: string, headers: Answer["headers"] = {}): Answer =>
  json(status, { error }, headers)
