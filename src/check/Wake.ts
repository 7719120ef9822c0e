// How the worker hears of a new row: a notification that it sends to itself has to come through, which no pooler in
// transaction mode lets happen. And what staying awake for it costs.
import { Context, Duration, Effect, Layer } from "effect"
import * as Connection from "../Connection.ts"
import { type Finding, finding, ok } from "./Hop.ts"
import { silenced } from "./Server.ts"
import { setAddress, setTo, type Subject } from "./Setting.ts"

export const heard = Effect.fnUntraced(function* (subject: Subject) {
  const { address, capture, pollEvery, wake } = subject.database
  const every = Duration.format(pollEvery)
  if (wake === "poll") return ok(`not needed: new rows are looked for every ${every}, as it is set`)
  const context = yield* Effect.scoped(Layer.build(Connection.layer(address, wake)))
  if (Context.get(context, Connection.Notifications).deaf === "unheard") {
    return finding(
      capture === "notify" ? "broken" : "warning",
      `a pooler swallows them: new rows are looked for every ${every} only`,
      ...setAddress(subject, direct(address.host)),
      setTo(subject, ["wake"], "poll")
    )
  }
  if (capture === "notify") return ok("one to ourselves came through")
  return (yield* silenced(subject)) ?? ok("one to ourselves came through")
})

/** Neon's direct host is called like its pooler's, but for a suffix. */
export const direct = (host: string): { readonly host: string; readonly port?: string } =>
  isNeon(host) && /^[^.]+-pooler\./.test(host)
    ? { host: host.replace("-pooler.", ".") }
    : { host: "<the server's own name, not the pooler's>", port: "<its own port>" }

const isNeon = (host: string): boolean => host.endsWith(".neon.tech")

/** Undefined anywhere else. It is a choice, and no fault. */
export const asleep = ({ database, setting }: Subject): Finding | undefined => {
  if (!isNeon(database.address.host)) return undefined
  return ok(
    database.wake === "poll"
      ? "Neon: it may sleep between polls"
      : `Neon: listening keeps it awake, about 19 $ a month for the smallest; ${setting(["wake"], "poll")} lets it sleep`
  )
}
