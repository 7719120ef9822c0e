// Faults on demand: a script of what goes wrong next. The first fault that fits a request is used up by it.
import { type Answer, type Ask, graphError, jsonAnswer, loginError } from "./GraphAnswer.ts"

export type Endpoint = "token" | "sendMail" | "messages"

export type FaultKind =
  /** Answered instead of the truth; nothing is accepted. `body` goes out as it is (text) or as JSON. */
  | {
      readonly status: number
      readonly code?: string
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | object
    }
  | { readonly delayMillis: number }
  /** The connection is reset when the headers are in. */
  | "reset-before-read"
  /** Read to its end, nothing accepted, no answer. */
  | "hang"
  /** These three accept the mail, and the caller cannot tell. */
  | "reset-after-accept"
  | "hang-after-accept"
  | "accept-then-504"

export interface Fault {
  readonly at: Endpoint
  /** How many requests it hits; 1 if absent. */
  readonly times?: number | "forever"
  readonly mailbox?: string
  readonly kind: FaultKind
}

export interface Faults {
  readonly push: (...faults: ReadonlyArray<Fault>) => void
  readonly clear: () => void
  /** What is left of the script. */
  readonly pending: () => ReadonlyArray<Fault>
  /** For the server. */
  readonly take: (at: Endpoint, mailbox: string | undefined) => FaultKind | undefined
}

export const makeFaults = (): Faults => {
  let script: ReadonlyArray<Fault & { readonly times: number }> = []
  return {
    push: (...faults) => {
      const added = faults.map((fault) => ({
        ...fault,
        times: fault.times === "forever" ? Infinity : (fault.times ?? 1)
      }))
      script = [...script, ...added].filter((fault) => fault.times > 0)
    },
    clear: () => {
      script = []
    },
    pending: () => script,
    take: (at, mailbox) => {
      const found = script.find(
        (fault) => fault.at === at && (fault.mailbox === undefined || fault.mailbox.toLowerCase() === mailbox)
      )
      if (found === undefined) return undefined
      script = script
        .map((fault) => (fault === found ? { ...fault, times: fault.times - 1 } : fault))
        .filter((fault) => fault.times > 0)
      return found.kind
    }
  }
}

const codes: Readonly<Record<number, string>> = {
  400: "ErrorInvalidRequest",
  401: "InvalidAuthenticationToken",
  403: "ErrorAccessDenied",
  404: "ErrorInvalidUser",
  413: "ErrorMessageSizeExceeded",
  429: "ApplicationThrottled",
  500: "generalException",
  502: "BadGateway",
  503: "serviceNotAvailable",
  504: "GatewayTimeout"
}

/** A scripted answer, in the shape that its endpoint's errors have. */
export const faultAnswer = (ask: Ask, at: Endpoint, kind: Extract<FaultKind, { readonly status: number }>): Answer => {
  if (typeof kind.body === "string") {
    return { status: kind.status, headers: { "content-type": "text/html", ...kind.headers }, body: kind.body }
  }
  if (kind.body !== undefined) return jsonAnswer(kind.status, kind.body, kind.headers)
  const answer =
    at === "token"
      ? loginError(ask, kind.status, kind.code ?? "temporarily_unavailable", 90033, "A transient error has occurred.")
      : graphError(ask, kind.status, kind.code ?? codes[kind.status] ?? "UnknownError", "Fault on demand.")
  return { ...answer, headers: { ...answer.headers, ...kind.headers } }
}
