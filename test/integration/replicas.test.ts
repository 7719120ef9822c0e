// Several processes on the same databases, and what becomes of one that ends: built file, real signals.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

describe("processes", () => {
  it.live("mail no row twice when two of them watch the same database", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.latencyMillis = 20
      const env = environment(database, standIn.origin)
      // Of one application Graph takes four requests at once in a mailbox: one of the two could be refused to the end.
      const another = { ...env, CLIENT_ID: "33333333-3333-3333-3333-333333333333" }
      const workers = [yield* program(["run"], env), yield* program([], another)]
      for (const worker of workers) yield* worker.says("listening")
      const sending = () => workers.every((worker) => worker.output().includes('"outcome":"sent"'))
      let count = 300
      yield* line.insertInquiries(admin, 100)
      yield* admin`insert into inquiries (name, email, subject)
        select 'Person', 'p@example.com', 'Question ' || n from generate_series(101, 300) n`
      // One that is slow to begin finds something left.
      while (!sending()) yield* line.insertInquiry(admin, ++count)
      yield* standIn.awaitMails(count)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(count))
    }).pipe(silently)
  )

  it.live("end with 0 at SIGTERM in the middle of sends, settle those, give back the rest, and double nothing", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* line.insertInquiries(admin, 40)
      standIn.latencyMillis = 300
      const env = environment(database, standIn.origin)
      const first = yield* program(["run"], env)
      yield* standIn.awaitMails(5)
      yield* first.kill("SIGTERM")
      const { code, output, signal } = yield* first.ended
      assert.deepStrictEqual({ code, signal }, { code: 0, signal: null }, output)
      const left = yield* admin<{ readonly claimed: number; readonly sent: number }>`
        select count(*) filter (where claim is not null)::integer as claimed,
          count(*) filter (where outcome = 'sent')::integer as sent from inquiries_mailer.outbox`
      assert.deepStrictEqual(left[0], { claimed: 0, sent: standIn.mails.length })
      assert.isBelow(standIn.mails.length, 40)
      standIn.latencyMillis = 0
      yield* program(["run"], env)
      yield* standIn.awaitMails(40)
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(40))
    }).pipe(silently)
  )

  it.live("that were killed have their unbegun notices sent by the next one within a lease", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* line.insertInquiries(admin, 20)
      standIn.faults.push({ at: "token", times: "forever", kind: "hang" })
      const env = environment(database, standIn.origin)
      const first = yield* program(["run"], env)
      while ((yield* admin`select from inquiries_mailer.outbox where claim is not null`).length === 0) {
        yield* Effect.sleep(20)
      }
      yield* first.kill("SIGKILL")
      yield* first.ended
      standIn.faults.clear()
      yield* program(["run"], env)
      yield* standIn.awaitMails(20).pipe(Effect.timeout("35 seconds"))
      yield* line.allSettled(admin)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(20))
    }).pipe(silently)
  )

  it.live("do not outlive their budget when their end hangs: a hard timer ends them with 70", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      // Whatever hangs looks like this from outside: the work is over or not, and the process stays.
      const hang = "const exit=process.exit;process.exit=(code)=>{if(code===70)exit(code)};setInterval(()=>{},1000)"
      const env = environment(database, standIn.origin)
      const worker = yield* program(["run"], {
        ...env,
        NODE_OPTIONS: `--import=data:text/javascript,${encodeURI(hang)}`
      })
      yield* worker.says("listening")
      yield* worker.kill("SIGTERM")
      const { code } = yield* worker.ended
      assert.strictEqual(code, 70)
    }).pipe(silently)
  )
})
