// At a Graph that takes its time: which share of the limit a worker reaches. Four requests may be in flight for a mailbox,
// so that answers after 150 ms allow 26.7 mails a second each, however fast the worker is.
import type { PgClient } from "@effect/sql-pg"
import { Console, Effect } from "effect"
import * as GraphStandIn from "../stage/GraphStandIn.ts"
import type * as Postgres from "../stage/Postgres.ts"
import { start } from "./contestant.ts"
import { insertMany } from "./measure.ts"
import { furnish, migrate, postgres, worker } from "./stage.ts"

const latencyMillis = 150
const inFlight = 4
const limit = (inFlight * 1_000) / latencyMillis
/** Until every place is taken and nothing is cold. */
const warmUp = 50
const seconds = 10

const measure = Effect.fnUntraced(function* (server: Postgres.Server, mailboxes: number) {
  const standIn = yield* GraphStandIn.start({ headersOnly: () => true })
  standIn.latencyMillis = latencyMillis
  const names = Array.from({ length: mailboxes }, (_, index) => `share_${mailboxes}_${index + 1}`)
  const databases: ReadonlyArray<PgClient.PgClient> = yield* Effect.forEach(names, (name) => furnish(server, name))
  const contestant = worker(server, standIn.origin, names)
  yield* migrate(contestant)
  const { cost } = yield* start(contestant)
  const rows = Math.ceil(limit * (seconds + 10))
  for (const sql of databases) yield* insertMany(sql, 1, rows)
  yield* standIn.awaitMails(warmUp * mailboxes)
  const before = { mails: standIn.mails.length, at: performance.now(), cpu: (yield* cost).cpu }
  yield* Effect.sleep(`${seconds} seconds`)
  const took = (performance.now() - before.at) / 1_000
  const rate = (standIn.mails.length - before.mails) / took
  const core = ((yield* cost).cpu - before.cpu) / took
  return { mailboxes, rate, share: rate / (limit * mailboxes), core, most: Math.max(...standIn.maxInFlight.values()) }
}, Effect.scoped)

/** Fails below 95 %. */
export const shares = Effect.fn("shares")(function* (counts: ReadonlyArray<number>) {
  const server = yield* postgres
  const measured = yield* Effect.forEach(counts, (count) =>
    Effect.andThen(Console.log(`${count} mailbox${count === 1 ? "" : "es"} …`), measure(server, count))
  )
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`
  const rows = measured.map(
    ({ core, mailboxes, most, rate, share }) =>
      `| ${mailboxes} | ${rate.toFixed(1)} | ${percent(share)} | ${percent(core)} | ${most} |`
  )
  const head = `| mailboxes | mails/s | of the limit (${limit.toFixed(1)}/s each) | of a core | most in flight |`
  yield* Console.log(`\n${[head, "|--:|--:|--:|--:|--:|", ...rows].join("\n")}\n`)
  const short = measured.filter(({ share }) => share < 0.95)
  if (short.length > 0) return yield* Effect.fail(`below 95 % at ${short.map((one) => one.mailboxes).join(", ")}`)
})
