// Which incidents there are, and who was told of them. Kept in the outbox of the database that they concern, where of
// several replicas one is handed each message; or in memory, while that database is away or may not be written to. What is
// handed out and not told in time is handed out again, ever more seldom.
import { Clock, DateTime, Duration, Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Finding, Kind, Message } from "./Incident.ts"
import { orOutage } from "./SqlOutage.ts"
import type { Outage } from "./State.ts"

/** Longer than it takes to tell one; doubles up to 32 times while nobody takes the message. */
const lease = Duration.minutes(2)
const leaseDoublings = 5
const reminder = Duration.days(1)

export interface Book {
  /** Notes what is found, and that of these kinds nothing else is; hands out what is to be told now. */
  readonly note: (
    findings: ReadonlyArray<Finding>,
    complete: ReadonlyArray<Kind>
  ) => Effect.Effect<ReadonlyArray<Message>, Outage>
  readonly told: (message: Message) => Effect.Effect<void, Outage>
}

interface Entry {
  finding: Finding
  over: boolean
  toldAt: number | undefined
  handedUntil: number
  tries: number
  readonly since: DateTime.Utc
}

/** Told once a step, each of which has a detail of its own, and never reminded of in between. */
const stepwise: Kind = "expiry"

const isNews = (finding: Finding, known: Finding): boolean =>
  finding.kind === stepwise && finding.detail !== known.detail

const keyOf = ({ kind, table }: Finding): string => `${kind} ${table}`

/** Of one database, for as long as the process lives. */
export const inMemory = (database: string): Book => {
  const entries = new Map<string, Entry>()

  const note = Effect.fnUntraced(function* (findings: ReadonlyArray<Finding>, complete: ReadonlyArray<Kind>) {
    const since = yield* DateTime.now
    const now = DateTime.toEpochMillis(since)
    const found = new Set(findings.map(keyOf))
    for (const finding of findings) {
      const known = entries.get(keyOf(finding))
      if (known !== undefined) {
        if (isNews(finding, known.finding)) known.toldAt = undefined
        Object.assign(known, { finding, over: false })
      } else entries.set(keyOf(finding), { finding, over: false, toldAt: undefined, handedUntil: 0, tries: 0, since })
    }
    const messages: Array<Message> = []
    for (const [key, entry] of entries) {
      if (complete.includes(entry.finding.kind) && !found.has(key)) {
        if (entry.toldAt === undefined) {
          entries.delete(key)
          continue
        }
        entry.over = true
      }
      const remind = entry.toldAt !== undefined && now - entry.toldAt >= Duration.toMillis(reminder)
      const due = entry.over || entry.toldAt === undefined || (remind && entry.finding.kind !== stepwise)
      if (!due || entry.handedUntil > now) continue
      entry.handedUntil = now + Duration.toMillis(lease) * 2 ** Math.min(entry.tries++, leaseDoublings)
      const event = entry.over ? "over" : entry.toldAt === undefined ? "opened" : "reminder"
      messages.push({ ...entry.finding, event, database, since: entry.since })
    }
    return messages
  })

  const told = Effect.fnUntraced(function* (message: Message) {
    const now = yield* Clock.currentTimeMillis
    const entry = entries.get(keyOf(message))
    if (entry === undefined) return
    Object.assign(entry, { handedUntil: 0, tries: 0, toldAt: message.event === "over" ? undefined : now })
    if (message.event === "over" && entry.over) entries.delete(keyOf(message))
  })

  return { note, told }
}

/** Of one database, in its outbox, for all replicas. Those that ended longer ago than `retention` are forgotten. */
export const inOutbox = Effect.fnUntraced(function* (database: string, retention: Duration.Duration) {
  const sql = yield* SqlClient

  const note = Effect.fn("IncidentBook.note")(function* (
    findings: ReadonlyArray<Finding>,
    complete: ReadonlyArray<Kind>
  ) {
    yield* orOutage(sql`
      with found as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(findings)}::text::jsonb)
          as f (kind text, "table" text, detail text)
      ),
      noted as (
        insert into inquiries_mailer.incident as i (database_name, kind, about, detail)
        select ${database}::text, f.kind, f."table", f.detail from found f order by f.kind, f."table"
        on conflict (database_name, kind, about) do update set
          detail = excluded.detail, over_at = null, closed = false,
          since = case when i.closed then clock_timestamp() else i.since end,
          told_at = case when i.closed or i.kind = ${stepwise}::text and i.detail <> excluded.detail
            then null else i.told_at end,
          handed_until = case when i.kind = ${stepwise}::text and i.detail <> excluded.detail
            then null else i.handed_until end
        where i.over_at is not null or i.detail <> excluded.detail
      ),
      forgotten as (
        delete from inquiries_mailer.incident i
        where i.database_name = ${database}::text and i.closed
          and i.over_at < now() - ${Duration.toMillis(retention)}::float8 * interval '1 ms'
          and not exists (select from found f where f.kind = i.kind and f."table" = i.about)
      )
      update inquiries_mailer.incident i
      set over_at = clock_timestamp(), closed = i.told_at is null, handed_until = null, tries = 0
      where i.database_name = ${database}::text and i.over_at is null and i.kind = any(${complete}::text[])
        and not exists (select from found f where f.kind = i.kind and f."table" = i.about)`)
    const rows = yield* orOutage(sql<Handed>`
      update inquiries_mailer.incident i
      set handed_until = clock_timestamp()
          + ${Duration.toMillis(lease)}::float8 * interval '1 ms' * 2 ^ least(i.tries, ${leaseDoublings}::integer),
        tries = i.tries + 1
      where i.database_name = ${database}::text and not i.closed
        and (i.handed_until is null or i.handed_until <= clock_timestamp())
        and (i.over_at is not null or i.told_at is null
          or i.kind <> ${stepwise}::text and i.told_at <= clock_timestamp() - ${Duration.toMillis(reminder)}::float8 * interval '1 ms')
      returning i.kind, i.about as "table", i.detail, (extract(epoch from i.since) * 1000)::float8 as since,
        case when i.over_at is not null then 'over' when i.told_at is null then 'opened' else 'reminder' end as event`)
    return rows.map((row): Message => ({ ...row, database, since: DateTime.makeUnsafe(row.since) }))
  })

  const told = Effect.fn("IncidentBook.told")(function* ({ event, kind, table }: Message) {
    const over = event === "over"
    // It may have begun anew while that was told: then it is told anew, too.
    yield* orOutage(sql`
      update inquiries_mailer.incident
      set handed_until = null, tries = 0, closed = ${over}::boolean and over_at is not null,
        told_at = case when not ${over}::boolean then clock_timestamp() when over_at is not null then told_at end
      where database_name = ${database}::text and kind = ${kind}::text and about = ${table}::text`)
  })

  const book: Book = { note, told }
  return book
})

interface Handed extends Finding {
  readonly event: Message["event"]
  readonly since: number
}
