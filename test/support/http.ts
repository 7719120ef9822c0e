// Asks the worker's server as a visitor would, with whatever headers.
import { Effect, Schedule } from "effect"
import { request } from "node:http"
import { networkInterfaces } from "node:os"

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

/** Status 0 if there is no answer. */
export const call = (url: string, headers: Record<string, string> = {}, method = "GET") =>
  Effect.callback<Reply>((resume) => {
    const asking = request(url, { method, headers, agent: false }, (response) => {
      let text = ""
      response.on("data", (chunk: Buffer) => void (text += chunk.toString("utf8")))
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text }))
      )
    })
    asking.on("error", () => resume(Effect.succeed({ status: 0, headers: {}, text: "" })))
    asking.end()
    return Effect.sync(() => asking.destroy())
  })

/** Asks until the status is this one. */
export const until = (status: number, url: string, headers: Record<string, string> = {}) =>
  call(url, headers).pipe(
    Effect.repeat({ schedule: Schedule.spaced("50 millis"), until: (reply) => reply.status === status }),
    Effect.timeout("40 seconds")
  )

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** An address of this machine that others reach it under, if it has one. */
export const outward = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address
