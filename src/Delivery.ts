// One notice: render, send, settle. From the begun mark to the settlement nothing can interrupt it, and the settlement
// is written however long that takes, so that a shutdown or a lost connection never turns a sent mail into a second one;
// only what the database still refuses when the program has to end is given up, and named.
import { DateTime, Effect, Random, References, Result, Schedule } from "effect"
import * as Compose from "./Compose.ts"
import { decide } from "./Decision.ts"
import type { Database, Table } from "./Database.ts"
import { showTable } from "./Database.ts"
import { explain, Mailer } from "./Mailer.ts"
import * as Metrics from "./Metrics.ts"
import type { Notice } from "./Notice.ts"
import { Outbox } from "./Outbox.ts"
import * as Reconcile from "./Reconcile.ts"
import type { Row } from "./Row.ts"
import type { Postponement, Settlement } from "./Settlement.ts"
import { showKey } from "./Shown.ts"
import type { Outage, Self } from "./State.ts"
import * as Trace from "./Trace.ts"

/** What a notice is delivered with. */
export interface Watched {
  readonly database: Database
  readonly table: Table
  /** The key is text and perhaps personal: logs show its hash. */
  readonly secretKey: boolean
}

/** Until the database takes the outcome; a connection that broke is replaced at the first try. */
const settling = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

/** What is delivered and with what. `answered` hears when only its outcome is left to be written. */
interface Delivery {
  readonly notice: Notice
  readonly watched: Watched
  readonly self: Self
  readonly answered?: (() => void) | undefined
}

/** Delivers one notice. `row` is fetched meanwhile, unless it is there, and undefined when it has been deleted. */
export const deliver = (delivery: Delivery, row: Row | Effect.Effect<Row | undefined, Outage>) =>
  Outbox.use(({ begin }) => {
    const { notice, watched } = delivery
    return carry(delivery, Compose.single(notice, begin(notice), row, watched))
  })

/** Delivers a digest; `fetch` gets the rows of its members. */
export const deliverDigest = (
  delivery: Delivery,
  fetch: (keys: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, Row>, Outage>
) =>
  Outbox.use(({ beginDigest }) => {
    const { notice, watched } = delivery
    return carry(delivery, Compose.digest(notice, beginDigest(notice), fetch, watched))
  })

/** True if it is settled then, false if it has another turn. Interruptible until the begun mark, not after it. */
const carry = Effect.fnUntraced(function* (delivery: Delivery, content: Compose.Content) {
  const { answered, notice, watched } = delivery
  const mailer = yield* Mailer
  const meter = Metrics.meter(watched.database, watched.table)

  if (notice.maybeSent || notice.crashes > 0) {
    const looked = Reconcile.insteadOfSending(notice, watched.database)
    const instead = yield* Effect.annotateLogs(looked, noted(delivery))
    if (instead !== undefined) {
      answered?.()
      return yield* settle(delivery, meter, instead.decision, instead.detail)
    }
  }
  const sent = yield* Effect.result(mailer.send(content.mail, content.begin, notice.begun?.asked))
  answered?.()
  if (Result.isSuccess(sent)) {
    const { requestId } = sent.success
    yield* Metrics.noteSince(meter.accepted, notice.createdAt)
    const told = content.told?.()
    const rows = told === undefined ? "" : `, a digest of ${told.length} rows`
    const detail = `accepted as request ${requestId ?? "unknown"}${rows}${notice.maybeSent ? ", maybe-duplicate" : ""}`
    return yield* settle(delivery, meter, { outcome: "sent", told }, detail)
  }
  const { failure } = sent
  switch (failure._tag) {
    case "Outage":
      return yield* failure
    case "NotBegun":
      yield* Effect.annotateLogs(
        Effect.logDebug("left alone: somebody else holds it, or a newer row has taken its key"),
        noted(delivery)
      )
      return false
    case "NotComposed": {
      const settled = yield* settle(delivery, meter, failure.decision, failure.detail)
      return failure.outage === undefined ? settled : yield* failure.outage
    }
    case "MailerError": {
      const { reason } = failure
      if (reason._tag === "Throttled") yield* Metrics.note(meter.throttles, 1)
      const decision = decide(notice, reason, yield* Random.next, watched.database.reconcile)
      return yield* settle(delivery, meter, decision, explain(reason))
    }
  }
}, Effect.uninterruptible)

/** What the log says of a delivery, made where it says something: nearly always one line. */
const noted = ({ notice, watched }: Delivery) => Object.assign(about(notice, watched), { attempt: notice.attempts + 1 })

type Named = Pick<Notice, "digest" | "id" | "key">

/** Log lines with which row of which table they are about. */
export const annotated = (notice: Named, watched: Watched) => Effect.annotateLogs(about(notice, watched))

const about = (notice: Named, watched: Watched) => ({
  table: showTable(watched.table.name),
  key: keyOf(notice, watched),
  notice: notice.id
})

/** As people may see it. */
export const keyOf = ({ digest, key }: Named, { secretKey }: Pick<Watched, "secretKey">): string =>
  digest === true ? "(digest)" : showKey(key, secretKey)

/** Writes until it is written, and then the child is healthy; false if the program ends before. */
const again = (write: Effect.Effect<void, Outage>, self: Self): Effect.Effect<boolean> => {
  const retried = write.pipe(
    Effect.tapError(self.ailing),
    Effect.retry(settling),
    // Retried without end: what is left are defects.
    Effect.orDie,
    Effect.andThen(self.healthy),
    Effect.as(true)
  )
  return Effect.raceFirst(Effect.interruptible(Effect.delay(retried, "100 millis")), Effect.as(self.givenUp, false))
}

type Outcomes = ReadonlyMap<keyof Metrics.Meter["outcomes"], number>

/** Writes the outcome, and says in one line what happened and what happens next; true if that was the end. */
const settle = Effect.fnUntraced(function* (
  delivery: Delivery,
  meter: Metrics.Meter,
  decision: Settlement | Postponement,
  detail: string
) {
  const { notice, self } = delivery
  const outbox = yield* Outbox
  const outcome = "outcome" in decision ? decision.outcome : "postponed"
  let rows: Outcomes | undefined
  const write = !("outcome" in decision)
    ? outbox.postpone(notice, decision)
    : notice.digest === true
      ? Effect.map(outbox.settleDigest(notice, decision), (counts) => void (rows = counts))
      : outbox.settle(notice, decision)
  yield* Trace.ended(outcome, outcome === "sent" || outcome === "gone" ? undefined : detail)
  const written = yield* Effect.matchEffect(write, {
    onSuccess: () => Effect.succeed(true),
    // Whoever reads of the outage is told which row waits for its end.
    onFailure: (outage) => Effect.annotateLogs(Effect.andThen(self.ailing(outage), again(write, self)), noted(delivery))
  }).pipe(Trace.span.settle)
  if (!written) {
    yield* Effect.annotateLogs(
      Effect.logError(`its outcome could not be written (${outcome}: ${detail}): it is uncertain at the next start`),
      noted(delivery)
    )
    return false
  }
  if (rows === undefined) yield* Metrics.note(meter.outcomes[outcome], 1)
  else for (const [each, count] of rows) yield* Metrics.note(meter.outcomes[each], count)
  if ("outcome" in decision) yield* Trace.closed(notice, outcome)
  const next = "outcome" in decision ? undefined : yield* nextStep(decision)
  yield* say(logAt(outcome)(`${outcome}: ${detail}`), delivery, outcome, next)
  return "outcome" in decision
})

/** The one line of a mail: as `annotateLogs`, which makes an object three times for it. */
const say = (log: Effect.Effect<void>, delivery: Delivery, outcome: string, next: string | undefined) =>
  Effect.withFiber<void>((fiber) => {
    const ending = next === undefined ? { outcome } : { outcome, next }
    const notes = Object.assign({}, fiber.getRef(References.CurrentLogAnnotations), noted(delivery), ending)
    return Effect.provideService(log, References.CurrentLogAnnotations, notes)
  })

const nextStep = Effect.fnUntraced(function* ({ delay, looks, split }: Postponement) {
  if (split === true) return "its rows are sent in two digests of half the size"
  if (delay === undefined) return "sent as soon as its mailbox can be used"
  const step = looks === undefined ? "tried again" : "looked for in the mailbox"
  return `${step} at ${DateTime.formatIso(DateTime.addDuration(yield* DateTime.now, delay))}`
})

const logAt = (outcome: Settlement["outcome"] | "postponed") => {
  switch (outcome) {
    case "sent":
      return Effect.logInfo
    case "postponed":
    case "gone":
      return Effect.logWarning
    case "parked":
      return Effect.logError
  }
}
