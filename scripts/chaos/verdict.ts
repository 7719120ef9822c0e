// The judge, a pure function of what was seen from outside: every row that is in a table must have arrived in a mail, and
// twice only where the worker could not know of the first time, and then marked as such.
import type { Send } from "../stage/GraphSends.ts"
import type { Arrival, Reconcile } from "./Arena.ts"
import type { Firing } from "./Fault.ts"
import { ofDatabases, ofServer } from "./databaseFaults.ts"
import { unclear } from "./graphFaults.ts"
import { unsettling } from "./workerFaults.ts"

export interface Evidence {
  readonly reconcile: Reconcile
  /** What is in the tables, by token, with when it was written there. */
  readonly committed: ReadonlyMap<string, { readonly database: string; readonly at: number }>
  /** Tokens that the server had called committed. */
  readonly acknowledged: Iterable<string>
  readonly parked: ReadonlySet<string>
  readonly arrivals: ReadonlyArray<Arrival>
  readonly sends: ReadonlyArray<Send>
  readonly firings: ReadonlyArray<Firing>
  /** When a worker said of a notice that it is settled as sent. */
  readonly said: ReadonlyMap<string, number>
  /** Notices whose outcome a worker named as not written when it had to end. */
  readonly unwritten: ReadonlySet<string>
}

interface Duplicate {
  readonly token: string
  readonly at: number
  readonly marked: boolean
  /** The fault because of which it was right to send again; undefined if it was not. */
  readonly because: string | undefined
}

export interface Verdict {
  readonly lost: ReadonlyArray<string>
  readonly duplicates: ReadonlyArray<Duplicate>
  /** Why the run failed; empty if everything that is promised held. */
  readonly failures: ReadonlyArray<string>
  /** Of the first rows that it failed for. */
  readonly stories: ReadonlyArray<string>
}

const outages = new Set([...ofDatabases, ...ofServer].map(({ name }) => name))

/** Between a worker's begun mark and the request's arrival here. */
const onItsWay = 1_000

/** An outcome that a database did not take is written at one of the next tries. */
const nextTry = 6_000

/** Whether that database was away until then, so that the outcome could not be written. */
const away = ({ firings }: Evidence, database: string | undefined, until: number) =>
  firings.some(
    ({ databases, fault, from, healedMillis = Infinity, to }) =>
      outages.has(fault) &&
      database !== undefined &&
      databases.includes(database) &&
      from <= until &&
      to + healedMillis + nextTry >= until
  )

/** The fault because of which nobody knew of the send `before`, when `again` came. */
const reason = (evidence: Evidence, before: Send, database: string | undefined, again: number): string | undefined => {
  const notice = before.clientRequestId ?? ""
  const settledAt = evidence.said.get(notice) ?? Infinity
  if (settledAt < again) return undefined
  const lost = before.fault === undefined ? undefined : unclear.get(before.fault)
  if (lost !== undefined) return lost
  const struck = evidence.firings.find(
    ({ doors, fault, from, to }) =>
      unsettling.includes(fault) &&
      doors.includes(before.door) &&
      to >= before.at &&
      from <= Math.min(again, settledAt) &&
      (from <= (before.until ?? Infinity) + onItsWay || away(evidence, database, from))
  )
  if (struck !== undefined) return struck.fault
  return evidence.unwritten.has(notice) ? "a worker deployed (SIGTERM)" : undefined
}

const grouped = <A>(items: Iterable<A>, keyOf: (item: A) => string | undefined) => {
  const groups = new Map<string, Array<A>>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

const duplicatesIn = (evidence: Evidence): ReadonlyArray<Duplicate> => {
  const accepted = grouped(
    evidence.sends.filter((send) => send.accepted),
    ({ clientRequestId }) => clientRequestId
  )
  return [...grouped(evidence.arrivals, ({ token }) => token)].flatMap(([token, copies]) =>
    copies.slice(1).map(({ at, marked, notice = "" }) => {
      // The same row under two notices is never right.
      const same = copies.every((copy) => copy.notice === notice)
      const before = same ? (accepted.get(notice) ?? []).filter((send) => send.at < at) : []
      const because = before
        .map((send) => reason(evidence, send, evidence.committed.get(token)?.database, at))
        .find((found) => found !== undefined)
      return { token, at, marked, because }
    })
  )
}

/** Of each mail that tells of several rows, by its notice, what every copy of it tells of. */
export const digestsIn = (arrivals: ReadonlyArray<Arrival>): ReadonlyMap<string, ReadonlyArray<string>> =>
  new Map(
    [...grouped(arrivals, ({ notice }) => notice)].flatMap(([notice, rows]) => {
      const copies = [...grouped(rows, ({ at }) => String(at)).values()]
      const told = copies.map((copy) => copy.map(({ token = "" }) => token).join(" "))
      return told.some((tokens) => tokens.includes(" ")) ? [[notice, told] as const] : []
    })
  )

/** What is known of a row, for whoever looks for the bug. Times are seconds after its insertion. */
const story = (evidence: Evidence, token: string): string => {
  const { arrivals, committed, firings, said, sends } = evidence
  const since = committed.get(token)?.at ?? 0
  const second = (at: number | undefined) => (at === undefined ? "?" : ((at - since) / 1000).toFixed(2))
  const copies = arrivals.filter((arrival) => arrival.token === token)
  const notices = [...new Set(copies.flatMap(({ notice = "" }) => [notice]))]
  return [
    `${token} of ${committed.get(token)?.database}, notices ${notices.join(" ")}`,
    ...copies.map(({ at, marked }) => `arrived at ${second(at)}${marked ? ", marked" : ""}`),
    ...notices.map((notice) => `said to be sent at ${second(said.get(notice))}`),
    ...sends.flatMap(({ accepted, at, clientRequestId, door, fault, until }) =>
      notices.includes(clientRequestId ?? "")
        ? [
            `sent ${second(at)} to ${second(until)} through ${door}: ${accepted ? "accepted" : "not"} ${JSON.stringify(fault) ?? ""}`
          ]
        : []
    ),
    ...firings.flatMap(({ doors, fault, from, to }) =>
      doors.length > 0 && to > since - 60_000 ? [`${fault} ${second(from)} to ${second(to)} at ${doors.join(" ")}`] : []
    )
  ].join("\n    ")
}

const some = (what: string, tokens: ReadonlyArray<string>) =>
  tokens.length === 0 ? [] : [`${tokens.length} ${what}: ${tokens.slice(0, 10).join(", ")}`]

export const judge = (evidence: Evidence): Verdict => {
  const { acknowledged, arrivals, committed, reconcile } = evidence
  const arrived = new Set(arrivals.map(({ token }) => token))
  const lost = [...committed.keys()].filter((token) => !arrived.has(token))
  const duplicates = duplicatesIn(evidence)
  const tokens = (list: ReadonlyArray<Duplicate>) => list.map(({ token }) => token)
  const unexplained = duplicates.filter(({ because }) => reconcile === "mailbox" || because === undefined)
  const wrong = new Set([...lost, ...tokens(unexplained), ...tokens(duplicates.filter(({ marked }) => !marked))])
  return {
    lost,
    duplicates,
    stories: [...wrong].slice(0, 5).map((token) => story(evidence, token)),
    failures: [
      ...some("rows were lost", lost),
      ...some("mails came twice without a right to", tokens(unexplained)),
      ...some("second mails do not say that they may be", tokens(duplicates.filter(({ marked }) => !marked))),
      ...some(
        "digests came again with other rows",
        [...digestsIn(arrivals)].flatMap(([notice, told]) => (new Set(told).size > 1 ? [notice] : []))
      ),
      ...some("mails are of rows that are in no table", [
        ...new Set(arrivals.flatMap(({ token = "without a token" }) => (committed.has(token) ? [] : [token])))
      ]),
      ...some(
        "rows were called committed and are in no table",
        [...acknowledged].filter((t) => !committed.has(t))
      )
    ]
  }
}
