// What a crash of the server must not forget. A mail that was sent and whose outcome is lost would be sent again, so that
// every commit before and after a request waits for the disk, whatever the database's default; a claim need not.
import { assert, describe, it } from "@effect/vitest"
import { Context, Duration, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Connection from "../../src/Connection.ts"
import { databaseAt } from "../support/line.ts"
import { inquiries, stage } from "../support/outbox.ts"

describe("where commits do not wait for the disk by default", () => {
  it.live("a begun mark and an outcome are on the server's disk before anybody goes on", () =>
    Effect.gen(function* () {
      const { add, admin, fresh, seenBy } = yield* stage()
      yield* admin.unsafe(`alter database ${fresh.database} set synchronous_commit = off`)
      yield* admin`create table public.commits (turn serial, waits text)`
      yield* admin`create function public.note() returns trigger language plpgsql as $$ begin
        insert into public.commits (waits) values (current_setting('synchronous_commit')); return null; end $$`
      // Deferred: it reads the setting that the commit itself goes by.
      yield* admin`create constraint trigger note after update on inquiries_mailer.outbox
        deferrable initially deferred for each row execute function public.note()`
      const commits = Effect.map(
        admin<{ readonly waits: string }>`with noted as (delete from public.commits returning turn, waits)
          select waits from noted order by turn`,
        (rows) => rows.map(({ waits }) => waits)
      )
      const work = yield* Layer.build(Connection.once(databaseAt(fresh, "http://127.0.0.1:1").address))
      const outbox = yield* seenBy(Context.get(work, SqlClient))
      yield* add(1, "1", "2")
      const [first, second] = (yield* outbox.claim(4)).notices
      assert.deepStrictEqual(yield* commits, ["off", "off"])
      yield* outbox.begin(first!)
      assert.deepStrictEqual(yield* commits, ["on"])
      yield* outbox.settle(first!, { outcome: "sent" })
      assert.deepStrictEqual(yield* commits, ["on"])
      yield* outbox.begin(second!)
      yield* outbox.postpone(second!, { delay: Duration.zero, spent: true, maybeSent: true, detail: "504" })
      assert.deepStrictEqual(yield* commits, ["on", "on"])
      // A claim that begins is a begun mark, too.
      const within = yield* inquiries(admin)
      yield* outbox.settle(second!, { outcome: "sent" })
      // Of several tables by the two statements that there are, of one by a third.
      const ways = [
        { key: "3", tables: [1, 2], places: 2 },
        { key: "4", tables: [1, 2], places: 4 },
        { key: "5", tables: [1], places: 4 }
      ]
      for (const { key, places, tables } of ways) {
        const reading = yield* seenBy(Context.get(work, SqlClient), within, tables)
        yield* add(1, key)
        yield* commits
        const { notices } = yield* reading.claim(4, places)
        assert.isDefined(notices[0]!.begun)
        assert.deepStrictEqual(yield* commits, ["on"])
      }
    })
  )
})
