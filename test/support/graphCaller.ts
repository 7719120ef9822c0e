// Speaks to the stand-in for Graph over real HTTP, as plainly as its rules are written.
import { Effect, Schema } from "effect"
import { request } from "node:http"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | Array<string> | undefined>>
  readonly body: string
}

export interface Call {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Fails with the system's code, for example ECONNRESET. Interruption hangs up. */
export const call = (url: string, { method = "POST", headers = {}, body = "" }: Call = {}) =>
  Effect.callback<Reply, string>((resume) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let text = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => (text += chunk))
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      )
    })
    sent.once("error", (cause: NodeJS.ErrnoException) => resume(Effect.fail(cause.code ?? cause.message)))
    sent.end(body)
    return Effect.sync(() => sent.destroy())
  })

const Token = Schema.fromJsonString(Schema.Struct({ access_token: Schema.String, expires_in: Schema.Finite }))

/** A token request that is right, unless a field says otherwise. */
export const askToken = (origin: string, fields: Readonly<Record<string, string>> = {}, tenant = "tenant-a") => {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: "app-1",
    client_secret: "right",
    scope: `${origin}/.default`,
    ...fields
  })
  for (const [name, value] of [...form]) if (value === "absent") form.delete(name)
  return call(`${origin}/${tenant}/oauth2/v2.0/token`, { body: form.toString() })
}

export const getToken = Effect.fnUntraced(function* (origin: string, fields?: Readonly<Record<string, string>>) {
  const reply = yield* askToken(origin, fields)
  return (yield* Schema.decodeEffect(Token)(reply.body)).access_token
})

export const mime = (headers: Readonly<Record<string, string>> = {}, text = "Hello") =>
  [
    ...Object.entries({ From: "a@example.com", To: "b@example.com", Subject: "Hi", "Message-ID": "<1@example.com>" })
      .filter(([name]) => !(name in headers))
      .concat(Object.entries(headers).filter(([, value]) => value !== ""))
      .map(([name, value]) => `${name}: ${value}`),
    "Content-Type: text/plain; charset=utf-8",
    "",
    text
  ].join("\r\n")

export const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64")

export const sendMail = (origin: string, token: string, body: string, call_: Call & { readonly from?: string } = {}) =>
  call(`${origin}/v1.0/users/${encodeURIComponent(call_.from ?? "a@example.com")}/sendMail`, {
    headers: { authorization: `Bearer ${token}`, "content-type": "text/plain", ...call_.headers },
    body
  })

export const search = (origin: string, token: string, filter: string, from = "a@example.com") => {
  const query = new URLSearchParams({ $filter: filter, $select: "id,isDraft,parentFolderId" })
  return call(`${origin}/v1.0/users/${encodeURIComponent(from)}/messages?${query}`, {
    method: "GET",
    headers: { authorization: `Bearer ${token}` }
  })
}

const ErrorBody = Schema.fromJsonString(
  Schema.Struct({
    error: Schema.Struct({
      code: Schema.String,
      message: Schema.String,
      innerError: Schema.Struct({
        date: Schema.String,
        "request-id": Schema.String,
        "client-request-id": Schema.String
      })
    })
  })
)
const LoginErrorBody = Schema.fromJsonString(
  Schema.Struct({ error: Schema.String, error_description: Schema.String, error_codes: Schema.Array(Schema.Finite) })
)

/** `400 ErrorInvalidRecipients`; fails if the body does not have Graph's shape. */
export const graphRefusal = Effect.fnUntraced(function* (reply: Reply) {
  return `${reply.status} ${(yield* Schema.decodeEffect(ErrorBody)(reply.body)).error.code}`
})

/** `401 invalid_client 7000215`; fails if the body does not have the login service's shape. */
export const loginRefusal = Effect.fnUntraced(function* (reply: Reply) {
  const { error, error_codes, error_description } = yield* Schema.decodeEffect(LoginErrorBody)(reply.body)
  return error_description.startsWith(`AADSTS${error_codes[0]}:`) ? `${reply.status} ${error} ${error_codes[0]}` : ""
})

/** A stand-in, a token for it, and ways to send with it. */
export const started = Effect.fnUntraced(function* (options?: GraphStandIn.Options) {
  const standIn = yield* GraphStandIn.start(options)
  const token = yield* getToken(standIn.origin)
  const send = (body = base64(mime()), more?: Parameters<typeof sendMail>[3]) =>
    sendMail(standIn.origin, token, body, more)
  return {
    standIn,
    token,
    send,
    refusal: (...args: Parameters<typeof send>) => Effect.flatMap(send(...args), graphRefusal)
  }
})
