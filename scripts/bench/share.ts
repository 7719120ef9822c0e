// At a Graph that takes its time: which share of the limit a worker reaches. Four requests may be in flight for a mailbox,
// so that answers after 150 ms allow 26.7 mails a second each, however fast the worker is.
import type { PgClient } from "@effect/sql-pg"
import { Console, Effect } from "effect"
import * as GraphStandIn from "../stage/GraphStandIn.ts"
import type * as Postgres from "../stage/Postgres.ts"
import type { Findings } from "./bars.ts"
import { start } from "./contestant.ts"
import { insertMany } from "./measure.ts"
import { furnish, migrate, postgres, worker } from "./stage.ts"

const latencyMillis = 150
const inFlight = 4
const limit = (inFlight * 1_000) / latencyMillis
/** Until every place is taken and nothing is cold. */
const warmUp = 50
const seconds = 20

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
  const before = {
    mails: standIn.mails.length,
    sends: standIn.sends.length,
    at: performance.now(),
    cpu: (yield* cost).cpu
  }
  yield* Effect.sleep(`${seconds} seconds`)
  const took = (performance.now() - before.at) / 1_000
  const rate = (standIn.mails.length - before.mails) / took
  const core = ((yield* cost).cpu - before.cpu) / took
  const answers = standIn.sends
    .slice(before.sends)
    .flatMap(({ at, until }) => (until === undefined ? [] : [until - at]))
  // Of a place: how long Graph had its request, and how long it then stood empty.
  const answer = answers.reduce((sum, millis) => sum + millis, 0) / answers.length
  const empty = (inFlight * mailboxes * 1_000) / rate - answer
  const most = Math.max(...standIn.maxInFlight.values())
  return { mailboxes, rate, share: rate / (limit * mailboxes), core, answer, empty, most }
}, Effect.scoped)

/** More than this of a core is a full one: what is missed then is not the waiting for Graph. */
const full = 0.9

export const shares = Effect.fn("shares")(function* (counts: ReadonlyArray<number>) {
  const server = yield* postgres
  const measured = yield* Effect.forEach(counts, (count) =>
    Effect.andThen(Console.log(`${count} mailbox${count === 1 ? "" : "es"} …`), measure(server, count))
  )
  const percent = (share: number) => `${(share * 100).toFixed(0)} %`
  const rows = measured.map(
    ({ answer, core, empty, mailboxes, most, rate, share }) =>
      `| ${mailboxes} | ${rate.toFixed(1)} | ${percent(share)} | ${answer.toFixed(1)} ms | ${empty.toFixed(1)} ms | ${percent(core)} | ${most} |`
  )
  const head = `| mailboxes | mails/s | of the limit (${limit.toFixed(1)}/s each) | Graph's answer | place empty | of a core | most in flight |`
  yield* Console.log(`\n${[head, "|--:|--:|--:|--:|--:|--:|--:|", ...rows].join("\n")}\n`)
  const of = (some: typeof measured) => Math.min(...some.map(({ share }) => share))
  const findings: Findings = {
    shareOne: of(measured.filter(({ mailboxes }) => mailboxes === 1)),
    shareMany: of(measured.filter(({ core, mailboxes }) => mailboxes > 1 && core < full))
  }
  return findings
})
