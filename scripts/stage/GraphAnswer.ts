// What the stand-in answers with, and the two shapes of Microsoft's errors: the login service's and Graph's.
import { DateTime } from "effect"
import { randomUUID } from "node:crypto"
import type { IncomingHttpHeaders, IncomingMessage } from "node:http"

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** What is known of a request when its headers are in. */
export interface Ask {
  readonly origin: string
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
  readonly now: number
  readonly requestId: string
  readonly clientRequestId: string | undefined
}

const json = { "content-type": "application/json" }

const iso = (now: number) => DateTime.formatIso(DateTime.makeUnsafe(now))

export const jsonAnswer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { ...json, ...headers },
  body: JSON.stringify(body)
})

export const graphError = (
  ask: Ask,
  status: number,
  code: string,
  message: string,
  headers?: Readonly<Record<string, string>>
): Answer => {
  const innerError = {
    date: iso(ask.now).slice(0, 19),
    "request-id": ask.requestId,
    "client-request-id": ask.clientRequestId ?? ask.requestId
  }
  return jsonAnswer(status, { error: { code, message, innerError } }, headers)
}

export const loginError = (ask: Ask, status: number, error: string, number: number, message: string): Answer => {
  const timestamp = `${iso(ask.now).slice(0, 19).replace("T", " ")}Z`
  const correlationId = ask.clientRequestId ?? randomUUID()
  return jsonAnswer(status, {
    error,
    error_description: `AADSTS${number}: ${message} Trace ID: ${ask.requestId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [number],
    timestamp,
    trace_id: ask.requestId,
    correlation_id: correlationId,
    error_uri: `${ask.origin}/error?code=${number}`
  })
}

/** Longer bodies are read and thrown away: the refusal only needs to know that they are too long. */
const keptBytes = 5 * 1024 * 1024

export const readBody = (request: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    let size = 0
    request.on("data", (chunk: Buffer) => {
      if (size < keptBytes) chunks.push(chunk)
      size += chunk.length
    })
    request.once("end", () => resolve(Buffer.concat(chunks)))
    request.once("error", reject)
    // After the end this says nothing new.
    request.once("close", () => reject(new Error("hung up")))
  })
