// The server itself: the login, its version, whether it may be written to, its clock, and what keeps its notifications
// or its housekeeping from working.
import { Clock, Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Catalog from "../Catalog.ts"
import * as Connection from "../Connection.ts"
import { orOutage } from "../SqlOutage.ts"
import type { Outage } from "../State.ts"
import { advise, type Finding, finding, look, ofOutage, ok, type Repair, sql } from "./Hop.ts"
import { type Place, setAddress, setTo, type Subject } from "./Setting.ts"

/** PostgreSQL 14. */
const oldest = 140_000

/** Milliseconds that the clocks may differ: nothing is decided by comparing them, but log lines are. */
const skew = 5_000

export interface Greeting {
  readonly version: number
  readonly standby: boolean
  readonly readOnly: boolean
  readonly epochMillis: number
  /** Milliseconds on this machine's clock, in the middle of the question. */
  readonly asked: number
}

const question = `select current_setting('server_version_num')::integer as version, pg_is_in_recovery() as standby,
  current_setting('default_transaction_read_only') = 'on' as "readOnly",
  (extract(epoch from clock_timestamp()) * 1000)::float8 as "epochMillis"`

/** The first that is asked of a server. Everything else waits for it. */
export const login = (subject: Place) =>
  look(
    "login",
    Effect.gen(function* () {
      const { address } = subject.database
      const began = yield* Clock.currentTimeMillis
      const answer = yield* Effect.result(Connection.ask(address, question))
      if (answer._tag === "Failure") return [refusal(subject, answer.failure), undefined] as const
      const { epochMillis, readOnly, standby, version } = answer.success
      const asked = (began + (yield* Clock.currentTimeMillis)) / 2
      const greeting: Greeting = {
        version: Number(version),
        standby: standby === true,
        readOnly: readOnly === true,
        epochMillis: Number(epochMillis),
        asked
      }
      return [ok(`as ${address.user} to ${address.database}`), greeting] as const
    })
  )

const refusal = (subject: Place, outage: Outage): Finding => {
  const { detail } = ofOutage(outage)
  const { database, user } = subject.database.address
  const role = Catalog.identifier(user)
  const repairs: Readonly<Record<string, ReadonlyArray<Repair>>> = {
    "28P01": setAddress(subject, { password: `<the password of ${user}>` }),
    "28000": [sql(`alter role ${role} login;`), advise("let pg_hba.conf admit this user from this machine")],
    "3D000": [
      sql(`create database ${Catalog.identifier(database)};`),
      ...setAddress(subject, { database: "<its name>" })
    ],
    "42501": [sql(`grant connect on database ${Catalog.identifier(database)} to ${role};`)],
    "53300": [sql(`alter role ${role} connection limit -1;`), advise("or raise the server's max_connections")]
  }
  const code = /\((\w+)\)$/.exec(outage.reason)?.[1] ?? ""
  const reason = code === "42501" ? "this user may not connect to the database" : detail
  return finding("broken", reason, ...(repairs[code] ?? [advise("see that a PostgreSQL server answers there")]))
}

export const version = ({ version }: Greeting): Finding => {
  const shown = version < 100_000 ? String(version) : `${Math.floor(version / 10_000)}.${version % 10_000}`
  return version >= oldest
    ? ok(`PostgreSQL ${shown}`)
    : finding("broken", `PostgreSQL ${shown} is too old`, advise("update the server to PostgreSQL 14 or newer"))
}

export const writable = (subject: Place, { readOnly, standby }: Greeting): Finding => {
  const { database, user } = subject.database.address
  if (standby) {
    const elsewhere = setAddress(subject, { host: "<the primary's name>" })
    return finding("broken", "this server is in recovery, a standby: the worker has to write", ...elsewhere)
  }
  return readOnly
    ? finding(
        "broken",
        "transactions are read-only here: the worker has to write",
        sql("set default_transaction_read_only = off;"),
        sql(`alter database ${Catalog.identifier(database)} reset default_transaction_read_only;`),
        sql(`alter role ${Catalog.identifier(user)} reset default_transaction_read_only;`)
      )
    : ok("the server takes writes")
}

export const clock = ({ asked, epochMillis }: Greeting): Finding => {
  const seconds = Math.round((epochMillis - asked) / 100) / 10
  return Math.abs(epochMillis - asked) <= skew
    ? ok("the server's and this machine's agree")
    : finding(
        "warning",
        `the server's is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} this machine's: log lines mislead`,
        advise("let both set their clocks by NTP (timedatectl set-ntp true)")
      )
}

/** What a transaction manager left behind keeps the sweep from moving on and the server from cleaning up. */
export const prepared = Effect.gen(function* () {
  const client = yield* SqlClient
  const left = yield* orOutage(
    client<{ readonly line: string; readonly gid: string }>`
      select format('commit prepared %1$L; -- or: rollback prepared %1$L;', gid) as line, gid from pg_prepared_xacts
      where database = current_database() and prepared < now() - interval '5 seconds' order by prepared limit 20`
  )
  if (left.length === 0) return ok("none was left open")
  // An identifier of a stranger's, on a terminal.
  const lines = left.filter(({ gid }) => !/\p{Cc}/u.test(gid)).map(({ line }) => sql(line))
  const detail = `${left.length} were left open: until each is ended the sweep and the server's clean-up stand still`
  return finding("warning", detail, ...lines)
})

/** Where transactions can be prepared the trigger notifies nobody: a COMMIT of theirs would fail of it. */
export const silenced = Effect.fnUntraced(function* (subject: Subject) {
  const client = yield* SqlClient
  const [row] = yield* orOutage(client<{ readonly most: string }>`
    select current_setting('max_prepared_transactions') as most`)
  if (row?.most === "0") return undefined
  return finding(
    "warning",
    `max_prepared_transactions is ${row?.most ?? "unknown"}: triggers must not notify, rows wait for the next poll`,
    setTo(subject, ["wake"], "poll"),
    sql("alter system set max_prepared_transactions = 0; -- then restart the server")
  )
})
