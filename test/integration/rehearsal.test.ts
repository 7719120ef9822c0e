// What a session does ahead of its first mail, on a real server.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Burst from "../../src/Burst.ts"
import * as Connection from "../../src/Connection.ts"
import * as Lent from "../../src/Lent.ts"
import { Outbox } from "../../src/Outbox.ts"
import * as Records from "../../src/Records.ts"
import * as Rehearsal from "../../src/Rehearsal.ts"
import * as Trigger from "../../src/Trigger.ts"
import * as Watched from "../../src/Watched.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"

const limit = Effect.timeout("40 seconds")

/** What this session keeps of a mail's way. */
const planned = (sql: SqlClient) =>
  Effect.map(
    sql<{ readonly statement: string }>`
      select statement from pg_prepared_statements where statement like '%inquiries%' order by statement`,
    (rows) => rows.map(({ statement }) => statement)
  )

describe("the rehearsal of a first mail", () => {
  it.live("leaves it nothing to plan", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const statuses = yield* line.start(database)
      yield* line.inState(statuses, "listening")
      const session = Lent.lineTo(database.address)
      if (session === undefined) return assert.fail("no session is lent")
      // The last of it, and the first look at how the mail gets on.
      const parts = [/set begun_at = clock_timestamp/, /cross join lateral \(\s+-- What is held for a digest/]
      let ahead: ReadonlyArray<string> = []
      while (!parts.every((part) => ahead.some((text) => part.test(text)))) {
        yield* Effect.sleep(20)
        ahead = yield* planned(session)
      }
      assert.strictEqual(standIn.mails.length, 0)
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
      yield* line.allSettled(admin)
      // What the row after it may take is planned when its own mail is out, see Ahead.ts.
      const later = /inquiries_mailer\.ahead|c\.claim = \$2::uuid/
      assert.deepStrictEqual(
        (yield* planned(session)).filter((text) => !later.test(text)),
        ahead
      )
    }).pipe(silently, limit)
  )

  it.live("claims nothing of what waits, and touches no notice", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      for (let n = 1; n <= 3; n++) yield* line.insertInquiry(admin, n)
      const notices = admin`select o.*, o.xmin::text, o.ctid::text from inquiries_mailer.outbox o order by id`
      const before = yield* notices
      assert.lengthOf(before, 3)
      yield* Effect.gen(function* () {
        const tables = yield* Watched.prepare(database, Trigger.noFaults())
        const descriptions = new Map([...tables].map(([number, { description }]) => [number, description]))
        const outbox = Outbox.layer([...tables.keys()], Burst.among(tables), Records.within(descriptions))
        yield* Rehearsal.run(database.address).pipe(Effect.provide(outbox), Lent.often)
        assert.isAtLeast((yield* planned(yield* SqlClient)).length, 3)
      }).pipe(Effect.provide(Connection.layer(database.address, "listen")))
      assert.deepStrictEqual(yield* notices, before)
    }).pipe(silently, limit)
  )
})
