// A database in which nothing may be installed, reached through a pooler that loses every notification without a word.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import * as samples from "../../scripts/stage/samples.ts"
import { startupParameters } from "../../src/Session.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import * as line from "../support/line.ts"
import { missing, pooled } from "../support/pooler.ts"
import { quiet, silently } from "../support/quiet.ts"

const limit = Effect.timeout("40 seconds")
const all = Object.keys(startupParameters)

const stage = Effect.fnUntraced(function* (...tables: ReadonlyArray<string>) {
  const fresh = yield* freshDatabase()
  const standIn = yield* GraphStandIn.start()
  yield* fresh.admin.unsafe(samples.inquiries.createTable)
  yield* fresh.admin.unsafe("create table things (id uuid primary key default gen_random_uuid())")
  const database = line.databaseAt(fresh, standIn.origin, {
    capture: "notify",
    pollEvery: Duration.seconds(2),
    tables: tables.map((name) => ({ ...line.table(name, "record"), channel: "new_record_channel" }))
  })
  return { admin: fresh.admin, database, standIn }
})

// Where PgBouncer is missing these are skipped; `apt-get install pgbouncer` gets it.
describe.skipIf(missing !== undefined)("capture by notifications behind a pooler", () => {
  for (const [how, mode, ignored] of [
    ["refuses what we ask for", "transaction", []],
    ["drops what we ask for", "transaction", all]
  ] as const) {
    it.live(`in transaction mode that ${how} hears nothing, says so, and looks for new rows instead`, () =>
      Effect.gen(function* () {
        const { admin, database, standIn } = yield* stage("inquiries", "things")
        const { layer, lines } = quiet()
        yield* line.insertInquiry(admin, 1)
        const statuses = yield* line.start(yield* pooled(database, mode, ignored)).pipe(Effect.provide(layer))
        assert.match(
          yield* line.inState(statuses, "polling"),
          /every 2s, no notification comes through.*direct address/
        )
        yield* line.insertInquiries(admin, 3, 2)
        yield* standIn.awaitMails(3)
        yield* line.insertInquiry(admin, 5)
        yield* standIn.awaitMails(4)
        assert.deepStrictEqual(yield* keys(standIn), ["2", "3", "4", "5"])
        const said = lines.map(({ message }) => message)
        assert.lengthOf(
          said.filter((each) => each.startsWith("polling")),
          1
        )
        assert.isTrue(said.includes("table public.things is not mailed from: no notification comes through"))
      }).pipe(silently, limit)
    )
  }

  it.live("is blocked, with what to do, where no table can be looked through", () =>
    Effect.gen(function* () {
      const { database } = yield* stage("things")
      const statuses = yield* line.start(yield* pooled(database, "transaction"))
      assert.match(yield* line.inState(statuses, "blocked"), /no table can be looked through: use the direct address/)
    }).pipe(silently, limit)
  )

  it.live("in session mode listens, though the pooler refuses what we ask for", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* stage("things")
      const statuses = yield* line.start(yield* pooled(database, "session"))
      yield* line.inState(statuses, "listening")
      yield* admin`with one as (insert into things default values returning id)
        select pg_notify('new_record_channel', json_build_object('id', id)::text) from one`
      yield* standIn.awaitMails(1)
    }).pipe(silently, limit)
  )
})

const keys = Effect.fnUntraced(function* (standIn: GraphStandIn.StandIn) {
  const texts = yield* Effect.forEach(standIn.mails, (mail) => Effect.map(mail.parsed, ({ text }) => text ?? ""))
  return texts.map((text) => /Question (\d)/.exec(text)?.[1]).toSorted()
})
