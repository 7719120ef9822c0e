// The outbox of a database in which nothing may be installed: in memory, one a database, for as long as the process lives.
// It outlives connections and monitors, so that what was heard before an outage is mailed after it; a restart of the
// process forgets it. A row is captured once: its key is remembered, also when it is settled.
import { createHash } from "node:crypto"
import { Clock, Duration, Effect } from "effect"
import { grace, lease } from "./Claim.ts"
import type { DatabaseName } from "./Database.ts"
import { type Claimed, ClaimToken, type Notice, NoticeId } from "./Notice.ts"
import { noDigests, type Outbox } from "./Outbox.ts"
import { type Switch, switched } from "./Pause.ts"
import { NotBegun } from "./Settlement.ts"

/** A row as a notification brought it, by column. */
export type Content = Readonly<Record<string, unknown>>

interface Heard {
  readonly content?: Content | undefined
  /** Another replica may have mailed it. */
  readonly maybeSent?: boolean
}

/** Keys remembered a table; more than come while a database can be away for a day. */
const remembered = 100_000

interface Entry {
  readonly content: Content | undefined
  readonly createdAt: number
  notice: Notice
  dueAt: number
  claimed: boolean
  begun: boolean
}

export interface Ledger {
  /** Another replica was elected when this one last tried. */
  standsBy: boolean
  /** Warnings that were given, each once a process. */
  readonly warned: Set<string>
  /** Nowhere else can it be kept. */
  readonly pause: Switch
  readonly outbox: Outbox["Service"]
  /** By the table's number: the key or the time above which the next look for unheard rows begins. */
  readonly marks: Map<number, string>
  /** From now on this key is known, and not mailed. */
  readonly remember: (table: number, key: string) => void
  /** A row to be mailed, unless its key is known already. */
  readonly capture: (table: number, key: string, heard?: Heard) => Effect.Effect<void>
  /** What came with the notification of a row that waits to be mailed. */
  readonly contentOf: (table: number, key: string) => Content | undefined
  /** When each row came that is not settled, in milliseconds. */
  readonly waiting: () => ReadonlyArray<number>
}

/** `nameOf` tells a table's name, which with the key makes the identity of a notice. */
export const make = (database: DatabaseName, nameOf: (table: number) => string): Ledger => {
  const entries = new Map<NoticeId, Entry>()
  const known = new Map<number, Set<string>>()
  const pause = switched()
  let claims = 0

  const keysOf = (table: number) => {
    const keys = known.get(table) ?? new Set<string>()
    known.set(table, keys)
    return keys
  }

  const idOf = (table: number, key: string) => identify([database, nameOf(table), key])

  const remember = (table: number, key: string) => {
    const keys = keysOf(table).add(key)
    const [oldest] = keys
    if (keys.size > remembered && oldest !== undefined) keys.delete(oldest)
  }

  const capture = Effect.fnUntraced(function* (table: number, key: string, { content, maybeSent = false }: Heard = {}) {
    if (keysOf(table).has(key)) return
    remember(table, key)
    const now = yield* Clock.currentTimeMillis
    const id = idOf(table, key)
    const notice: Notice = {
      ...{ id, table, key, claim: unclaimed, attempts: 0, waited: Duration.zero, maybeSent },
      ...{ looks: 0, crashes: 0, putBack: false, createdAt: now }
    }
    entries.set(id, { content, notice, createdAt: now, dueAt: now, claimed: false, begun: false })
  })

  const held = ({ claim, id }: Notice): Entry | undefined => {
    const entry = entries.get(id)
    return entry?.notice.claim === claim ? entry : undefined
  }

  const claim = Effect.fn("Ledger.claim")(function* (limit: number) {
    const now = yield* Clock.currentTimeMillis
    const token = ClaimToken.make(String(++claims))
    const waiting = [...entries.values()].toSorted((a, b) => a.dueAt - b.dueAt)
    const ripe = waiting.filter(({ dueAt }) => dueAt <= now && pause.since === undefined)
    const due = fairly(ripe, limit)
    for (const entry of due) {
      const { attempts, crashes, looks, maybeSent } = entry.notice
      // Begun and never settled: its monitor crashed, and the mail may have been accepted.
      const lost = entry.begun ? 1 : 0
      entry.notice = {
        ...entry.notice,
        claim: token,
        attempts: attempts + lost,
        crashes: crashes + lost,
        looks: entry.begun ? 0 : looks,
        maybeSent: maybeSent || entry.begun
      }
      Object.assign(entry, { dueAt: now + lease, claimed: true, begun: false })
    }
    const next = waiting.find((entry) => !due.includes(entry))
    const claimed: Claimed = {
      notices: due.map(({ notice }) => notice),
      superseded: [],
      pausedSince: pause.since,
      untilDue: next === undefined ? undefined : Duration.millis(Math.max(0, next.dueAt - now))
    }
    return claimed
  })

  const unbegun = (notices: ReadonlyArray<Notice>) =>
    notices.flatMap((notice) => held(notice) ?? []).filter(({ begun, claimed }) => claimed && !begun)

  const outbox: Outbox["Service"] = {
    claim,
    renew: (notices) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        for (const entry of unbegun(notices)) entry.dueAt = now + lease
      }),
    release: (notices) =>
      Effect.sync(() => {
        for (const entry of unbegun(notices)) Object.assign(entry, { claimed: false, dueAt: entry.createdAt })
      }),
    begin: (notice) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const entry = held(notice)
        if (entry === undefined || !entry.claimed || entry.dueAt <= now) return Effect.fail(new NotBegun())
        Object.assign(entry, { begun: true, dueAt: now + lease + grace })
        return Effect.void
      }),
    settle: (notice, { outcome }) =>
      Effect.sync(() => {
        if (held(notice) !== undefined || outcome === "sent") entries.delete(notice.id)
      }),
    ...noDigests,
    postpone: (notice, { delay, looks, maybeSent, spent }) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const entry = held(notice)
        if (entry === undefined) return
        const { attempts, waited } = entry.notice
        const counted = (spent || looks !== undefined) && delay !== undefined
        entry.notice = {
          ...entry.notice,
          attempts: attempts + (spent ? 1 : 0),
          looks: looks ?? entry.notice.looks,
          waited: counted ? Duration.sum(waited, delay) : waited,
          maybeSent: entry.notice.maybeSent || maybeSent
        }
        const dueAt = delay === undefined ? entry.createdAt : now + Duration.toMillis(delay)
        Object.assign(entry, { dueAt, claimed: false, begun: false })
      })
  }

  return {
    standsBy: false,
    pause,
    warned: new Set(),
    outbox,
    marks: new Map(),
    remember,
    capture,
    contentOf: (table, key) => entries.get(idOf(table, key))?.content,
    waiting: () => [...entries.values()].map(({ createdAt }) => createdAt)
  }
}

const unclaimed = ClaimToken.make("")

/** The first of each table in turn, so that a full table holds up no other. */
const fairly = (due: ReadonlyArray<Entry>, limit: number): ReadonlyArray<Entry> => {
  const turns = new Map<number, number>()
  const ranked = due.map((entry) => {
    const turn = turns.get(entry.notice.table) ?? 0
    turns.set(entry.notice.table, turn + 1)
    return { entry, turn }
  })
  return ranked
    .toSorted((a, b) => a.turn - b.turn)
    .slice(0, limit)
    .map(({ entry }) => entry)
}

/** The same row has the same identity in every process, so that its mails share one Message-ID. A UUID of version 8 (RFC 9562, 5.8). */
const identify = (parts: ReadonlyArray<string>): NoticeId => {
  const hash = createHash("sha256").update(JSON.stringify(parts)).digest("hex")
  const variant = ((Number.parseInt(hash.slice(16, 17), 16) & 3) | 8).toString(16)
  const groups = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(13, 16)}`, variant + hash.slice(17, 20)]
  return NoticeId.make([...groups, hash.slice(20, 32)].join("-"))
}
