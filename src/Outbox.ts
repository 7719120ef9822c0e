// The durable queue of one database, and the truth about what was mailed. All times are the database's own clock. Claim,
// begin and settle are single autocommit statements, so that a peer that vanished keeps nothing locked. `due_at` is when
// a notice may next be acted upon: its turn, or while it is claimed the end of the lease. So one index answers both what
// is due and when the next is, and a dead replica's notices come up by themselves.
import { Context, Duration, Effect, Exit, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Burst from "./Burst.ts"
import { type Claim, claim, grace, lease, onceThereIs } from "./Claim.ts"
import { givenBack, newerWaits, unsettled } from "./ClaimStatement.ts"
import * as Digest from "./Digest.ts"
import * as GroupCommit from "./GroupCommit.ts"
import type { Member, Notice } from "./Notice.ts"
import type { Postponement, Settlement } from "./Settlement.ts"
import { NotBegun } from "./Settlement.ts"
import type { Within } from "./Records.ts"
import { runner } from "./Repeated.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

export class Outbox extends Context.Service<
  Outbox,
  {
    /** Claims what is due, at most `limit`, a share of it of each table, under a lease; begins what there are places for. */
    readonly claim: Claim
    /** Lengthens the lease of what is claimed and not begun. */
    readonly renew: (notices: ReadonlyArray<Notice>) => Effect.Effect<void, Outage>
    /** Gives back what is claimed, and for which `begin` was not asked; it is due again at once. */
    readonly release: (notices: ReadonlyArray<Notice>) => Effect.Effect<void, Outage>
    /** Marks a notice durably as begun, where its claim has not. Only then may its request be written. */
    readonly begin: (notice: Notice) => Effect.Effect<void, NotBegun | Outage>
    /** Writes the outcome. `sent` is written even when somebody else claimed the notice in the meantime. */
    readonly settle: (notice: Notice, settlement: Settlement) => Effect.Effect<void, Outage>
    readonly postpone: (notice: Notice, postponement: Postponement) => Effect.Effect<void, Outage>
    /** `begin` of a digest: the notices that it tells of, the same ones at every attempt but for rows that are gone. */
    readonly beginDigest: (notice: Notice) => Effect.Effect<ReadonlyArray<Member>, NotBegun | Outage>
    /** `settle` of a digest and of all that it tells of: how many ended how. */
    readonly settleDigest: (notice: Notice, settlement: Settlement) => Effect.Effect<Digest.Outcomes, Outage>
  }
>()("inquiries-mailer/Outbox") {
  /** The outbox as seen by whoever watches the tables with these numbers; it touches no other table's notices. */
  static readonly layer = (
    tables: ReadonlyArray<number>,
    bursts: ReadonlyArray<Burst.Numbered> = [],
    within?: Within
  ): Layer.Layer<Outbox, never, SqlClient> => Layer.effect(Outbox, make(tables, bursts, within))
}

/** Of an outbox that forms none. */
export const noDigests: Pick<Outbox["Service"], "beginDigest" | "settleDigest"> = {
  beginDigest: () => Effect.fail(new NotBegun()),
  settleDigest: () => Effect.succeed(new Map())
}

/** Whether `migrate` was here. */
export const installed: Effect.Effect<boolean, Outage, SqlClient> = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [row] = yield* orOutage(sql<{ readonly there: boolean }>`
    select to_regclass('inquiries_mailer.outbox') is not null as there`)
  return row?.there === true
})

const make = Effect.fnUntraced(function* (
  tables: ReadonlyArray<number>,
  bursts: ReadonlyArray<Burst.Numbered>,
  within: Within | undefined
) {
  const sql = yield* SqlClient
  const run = yield* runner

  const renew = Effect.fn("Outbox.renew")(function* (notices: ReadonlyArray<Notice>) {
    yield* orOutage(sql`
      update inquiries_mailer.outbox o set due_at = clock_timestamp() + ${lease}::float8 * interval '1 ms'
      where ${held(notices)} and due_at > clock_timestamp()`)
  })

  const release = Effect.fn("Outbox.release")(function* (notices: ReadonlyArray<Notice>) {
    const unsent = notices.filter((notice) => notice.begun?.taken === false)
    yield* orOutage(sql`
      update inquiries_mailer.outbox o set ${sql.literal(givenBack)}
      where ${held(notices, unsent)}`)
  })

  const held = (notices: ReadonlyArray<Notice>, unsent: ReadonlyArray<Notice> = []) =>
    sql`id = any(${notices.map(({ id }) => id)}::uuid[]) and claim = any(${notices.map((n) => n.claim)}::uuid[])
      and ${sql.literal(unsettled)} and (begun_at is null or id = any(${unsent.map(({ id }) => id)}::uuid[]))`

  // What is to be begun and what is to be settled go together: one round trip, and one write to the server's disk.
  const write = Effect.fnUntraced(function* (entries: ReadonlyArray<GroupCommit.Entry<Write, NotBegun | Outage>>) {
    const begins = entries.filter(({ asked }) => asked.settlement === undefined)
    const settles = entries.filter(({ asked }) => asked.settlement !== undefined)
    const rows = yield* orOutage(
      begins.length === 0
        ? run(settleAll, settled(settles))
        : settles.length === 0
          ? run(beginAll, begun(begins))
          : run(both, [...begun(begins), ...settled(settles)])
    )
    for (const { answer } of settles) answer(Exit.void)
    const ids = new Set((rows as ReadonlyArray<Pick<Notice, "id">>).map(({ id }) => id))
    for (const { answer, asked } of begins) answer(ids.has(asked.notice.id) ? Exit.void : Exit.fail(new NotBegun()))
  })
  // A request waits for its begun mark; for an outcome nobody does.
  const writing = yield* GroupCommit.make(write, ({ settlement }) => settlement !== undefined)

  const begin = (notice: Notice) => {
    const { begun } = notice
    return begun === undefined ? writing({ notice }) : Effect.sync(() => void (begun.taken = true))
  }

  const settle = (notice: Notice, settlement: Settlement) =>
    // No settlement is refused.
    Effect.catchTag(writing({ notice, settlement }), "NotBegun", Effect.die)

  const postpone = Effect.fn("Outbox.postpone")(function* (notice: Notice, postponement: Postponement) {
    if (postponement.split === true) return yield* Digest.split(sql, notice)
    const delay = postponement.delay === undefined ? null : Duration.toMillis(postponement.delay)
    const counted = postponement.spent || postponement.looks !== undefined
    yield* orOutage(sql`
      update inquiries_mailer.outbox o
      set claim = null, begun_at = null,
        due_at = coalesce(clock_timestamp() + ${delay}::float8 * interval '1 ms', created_at),
        maybe_sent = maybe_sent or ${postponement.maybeSent},
        looks = coalesce(${postponement.looks ?? null}::integer, looks * (not ${postponement.maybeSent})::integer),
        detail = ${postponement.detail},
        attempts = attempts + ${postponement.spent ? 1 : 0}::integer,
        waited = waited + ${counted ? (delay ?? 0) : 0}::float8 * interval '1 ms'
      where id = ${notice.id}::uuid and ${sql.literal(unsettled)} and claim = ${notice.claim}::uuid`)
  })

  return {
    claim: onceThereIs(
      sql,
      tables,
      bursts.length === 0 ? claim(run, tables, "", within) : Burst.claim(sql, run, tables, bursts, within)
    ),
    ...{ renew, release, begin, settle, postpone },
    beginDigest: Digest.begin(sql, lease + grace),
    settleDigest: Digest.settle(sql)
  }
})

interface Write {
  readonly notice: Notice
  /** Absent where it is to be begun. */
  readonly settlement?: Settlement
}

type Writes = ReadonlyArray<{ readonly asked: Write }>

/** Parameters of `beginAll`. */
const begun = (entries: Writes) => [
  entries.map(({ asked }) => asked.notice.id),
  entries.map(({ asked }) => asked.notice.claim),
  lease + grace
]

/** Parameters of `settleAll`. */
const settled = (entries: Writes) => {
  const parked = entries.map(({ asked: { settlement } }) => (settlement?.outcome === "parked" ? settlement : undefined))
  return [
    entries.map(({ asked }) => asked.notice.id),
    entries.map(({ asked }) => asked.notice.claim),
    entries.map(({ asked }) => asked.settlement?.outcome ?? ""),
    parked.map((settlement) => settlement?.detail ?? ""),
    parked.map((settlement) => settlement?.maybeSent === true)
  ]
}

const beginAll = `
  update inquiries_mailer.outbox o
  set begun_at = clock_timestamp(), first_attempt_at = coalesce(o.first_attempt_at, clock_timestamp()),
    due_at = clock_timestamp() + $3::float8 * interval '1 ms'
  from unnest($1::uuid[], $2::uuid[]) as b (id, claim)
  where o.id = b.id and o.id = any($1::uuid[]) and o.claim = b.claim and ${unsettled} and o.due_at > clock_timestamp()
    and not ${newerWaits}
  returning o.id`

const settling = (ids: string, claims: string, outcomes: string, details: string, doubts: string): string => `
  update inquiries_mailer.outbox o
  set outcome = s.outcome, detail = nullif(s.detail, ''), settled_at = clock_timestamp(), claim = null,
    attempts = o.attempts + (o.begun_at is not null)::integer, maybe_sent = o.maybe_sent or s.doubt
  from unnest(${ids}::uuid[], ${claims}::uuid[], ${outcomes}::text[], ${details}::text[], ${doubts}::boolean[])
    as s (id, claim, outcome, detail, doubt)
  where o.id = s.id and o.id = any(${ids}::uuid[]) and ${unsettled} and (o.claim = s.claim or s.outcome = 'sent')`

const settleAll = settling("$1", "$2", "$3", "$4", "$5")

const both = `
  with begun as (${beginAll}
  ), settled as (${settling("$4", "$5", "$6", "$7", "$8")}
  )
  select id from begun`
