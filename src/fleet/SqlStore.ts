// The port on PostgreSQL. Who is there is kept by Effect's runner storage. What was taken has a table of ours: Effect's
// locks are refreshed one by one, while here all that a process has stands and falls with its one heartbeat.
import { Duration, Effect, Layer } from "effect"
import * as Runner from "effect/cluster/Runner"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import { RunnerStorage } from "effect/cluster/RunnerStorage"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import type { PersistenceError } from "effect/cluster/ClusterError"
import { SqlClient } from "effect/sql/SqlClient"
import { SqlError } from "effect/sql/SqlError"
import * as Connection from "../Connection.ts"
import type { Address } from "../Database.ts"
import { orOutage } from "../SqlOutage.ts"
import { Outage } from "../State.ts"
import { Store } from "./Store.ts"
import { encode, type Knowledge, type Own } from "./Units.ts"

/** Who was not heard of for so long is gone: six missed heartbeats, so that a pause of the process is none. */
export const expiry = Duration.seconds(6)

const schema = "inquiries_mailer_cluster"
const prefix = `${schema}.process`
/** Read by whoever meets the digest first, and then remembered: a day is more than enough. */
const knownFor = "1 day"

export interface Self {
  readonly name: string
  /** A number of this start. */
  readonly start: number
  readonly own: Own
}

/** As it is written in the tables, and shown. */
export const idOf = ({ name, start }: Pick<Self, "name" | "start">): string => `${name}:${start}`

export const layer = (database: Address, self: Self): Layer.Layer<Store, Outage> =>
  Layer.effect(Store, make(self)).pipe(
    Layer.provide(
      SqlRunnerStorage.layerStorage({ prefix }).pipe(
        // What it calls a lock is not used, but it holds a connection for that.
        Layer.provide(ShardingConfig.layer({ shardLockDisableAdvisory: true, shardLockExpiration: expiry }))
      )
    ),
    // Two that come first at once are in each other's way.
    Layer.provide(Layer.effectDiscard(Effect.catchCause(install, () => Effect.delay(install, "500 millis")))),
    Layer.provide(Connection.pooled(database))
  )

/** Whoever comes first makes the tables; who may not make any needs them to be there. */
const install = Effect.gen(function* () {
  const sql = yield* SqlClient
  const [there] = yield* orOutage(sql`select where to_regclass(${`${schema}.taken_owner`}) is not null`)
  if (there !== undefined) return
  yield* orOutage(sql`create schema if not exists ${sql(schema)}`)
  yield* Layer.build(SqlRunnerStorage.layerMigrations({ prefix }))
  yield* orOutage(sql`create table if not exists inquiries_mailer_cluster.knowledge (
    digest text primary key,
    content text not null,
    seen_at timestamptz not null default now()
  )`)
  yield* orOutage(sql`create table if not exists inquiries_mailer_cluster.taken (
    key text primary key,
    owner text not null,
    since timestamptz not null default now()
  )`)
  yield* orOutage(sql`create index if not exists taken_owner on inquiries_mailer_cluster.taken (owner)`)
})

const make = Effect.fnUntraced(function* (self: Self) {
  const { digest, knowledge } = self.own
  const sql = yield* SqlClient
  const runners = yield* RunnerStorage
  const me = idOf(self)
  // Nobody connects to it: all that processes tell one another they tell this database.
  const address = RunnerAddress.make(self.name, self.start)
  const runner = Runner.make({ address, groups: [digest], weight: 1 })
  const alive = sql.literal(`(select address from ${prefix}_runners
    where last_heartbeat > now() - interval '${Duration.toMillis(expiry)} milliseconds')`)
  const peers = known(runners.getRunners).pipe(
    Effect.map((all) =>
      all.map(([{ address, groups }, healthy]) => ({
        id: idOf({ name: address.host, start: address.port }),
        digest: groups[0] ?? "",
        leaving: !healthy
      }))
    )
  )
  return Store.of({
    beat: (leaving) => Effect.andThen(known(runners.register(runner, !leaving)), peers),
    peers,
    publish: orOutage(
      Effect.all(
        [
          sql`insert into inquiries_mailer_cluster.knowledge (digest, content) values (${digest}, ${encode(knowledge)})
            on conflict (digest) do update set seen_at = now()`,
          sql`delete from inquiries_mailer_cluster.knowledge where seen_at < now() - ${knownFor}::interval`,
          sql`delete from inquiries_mailer_cluster.taken
            where since < now() - ${knownFor}::interval and owner not in ${alive}`
        ],
        { discard: true }
      )
    ),
    knowledge: (asked) =>
      orOutage(sql<{ readonly content: string }>`
        select content from inquiries_mailer_cluster.knowledge where digest = ${asked}`).pipe(
        Effect.map(([row]) => (row === undefined ? undefined : decode(row.content)))
      ),
    held: orOutage(sql<{ readonly key: string }>`
      select key from inquiries_mailer_cluster.taken where owner = ${me}`).pipe(
      Effect.map((rows) => new Set(rows.map(({ key }) => key)))
    ),
    take: (keys, fromDead) =>
      keys.length === 0
        ? Effect.succeed([])
        : orOutage(sql<{ readonly key: string }>`
            insert into inquiries_mailer_cluster.taken as t (key, owner)
            select key, ${me} from unnest(${keys.toSorted()}::text[]) key
            on conflict (key) do update set owner = excluded.owner, since = now()
            where t.owner = excluded.owner or (${fromDead} and t.owner not in ${alive})
            returning key`).pipe(Effect.map((rows) => rows.map(({ key }) => key))),
    give: (keys) =>
      keys.length === 0
        ? Effect.void
        : Effect.asVoid(
            orOutage(sql`
              delete from inquiries_mailer_cluster.taken
              where owner = ${me} and key = any (${keys.toSorted()}::text[])`)
          ),
    owners: orOutage(sql<{ readonly key: string; readonly owner: string }>`
      select key, owner from inquiries_mailer_cluster.taken where owner in ${alive}`).pipe(
      Effect.map((rows) => new Map(rows.map(({ key, owner }) => [key, owner])))
    ),
    leave: Effect.andThen(
      orOutage(sql`delete from inquiries_mailer_cluster.taken where owner = ${me}`),
      known(runners.unregister(address))
    )
  })
})

const decode = (content: string): Knowledge => new Map(JSON.parse(content) as ReadonlyArray<[string, Array<string>]>)

/** The storage wraps what the driver says. */
const known = <A, R>(self: Effect.Effect<A, PersistenceError, R>): Effect.Effect<A, Outage, R> =>
  Effect.catchTag(self, "PersistenceError", ({ cause }) =>
    cause instanceof SqlError
      ? orOutage(Effect.fail(cause))
      : Effect.fail(new Outage({ state: "waiting", reason: "its storage failed" }))
  )
