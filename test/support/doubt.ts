// The whole line with a reconcile mode and faults on demand, and a look at the one notice. Due times are moved up, so that no
// test waits for minutes.
import { assert } from "@effect/vitest"
import type { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import type { Fault, FaultKind } from "../../scripts/stage/GraphFaults.ts"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import type { Database } from "../../src/Database.ts"
import * as line from "./line.ts"
import { quiet } from "./quiet.ts"

interface Held {
  readonly outcome: string | null
  readonly detail: string | null
  readonly attempts: number
  readonly looks: number
  readonly idle: boolean
  /** Seconds from now, rounded. */
  readonly due: number
}

export const started = Effect.fnUntraced(function* (
  reconcile: Database["reconcile"],
  options: GraphStandIn.Options = {},
  ...faults: ReadonlyArray<Fault>
) {
  const { admin, database } = yield* line.stage({ reconcile })
  const standIn = yield* GraphStandIn.start(options)
  standIn.faults.push(...faults)
  const { layer, lines } = quiet()
  yield* line.start({ ...database, credential: line.credentialAt(standIn.origin) }).pipe(Effect.provide(layer))
  return { admin, standIn, lines }
})

export const held = Effect.fnUntraced(function* (admin: PgClient.PgClient) {
  const [first] = yield* admin<Held>`
    select outcome, detail, attempts, looks, claim is null as idle,
      round(extract(epoch from due_at - clock_timestamp()))::integer as due
    from inquiries_mailer.outbox order by created_at, id limit 1`
  return first ?? assert.fail("there is no notice")
})

/** Waits until the notice is out of hand and as said. */
export const until = (admin: PgClient.PgClient, holds: (notice: Held) => boolean): Effect.Effect<Held, unknown> =>
  Effect.gen(function* () {
    while (true) {
      const notice = yield* held(admin)
      if (notice.idle && holds(notice)) return notice
      yield* Effect.sleep(20)
    }
  })

export const makeDue = (admin: PgClient.PgClient) =>
  Effect.andThen(
    admin`update inquiries_mailer.outbox set due_at = clock_timestamp() where outcome is null`,
    admin`select pg_notify('inquiries_mailer', '{}')`
  )

export const send = (kind: FaultKind) => ({ at: "sendMail", kind }) as const
export const search = (status: number) => ({ at: "messages", kind: { status } }) as const

export const duplicates = (standIn: GraphStandIn.StandIn) =>
  Effect.forEach(standIn.mails, ({ parsed }) =>
    Effect.map(parsed, ({ headers }) => headers.find(({ key }) => key === "x-maybe-duplicate")?.value)
  )
