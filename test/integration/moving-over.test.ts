// The steps of docs/moving-over.md, taken out of the page as they stand there, while forms go on inserting: each row is
// mailed by the replaced script or by the worker, and by one of them only.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import * as samples from "../../scripts/stage/samples.ts"
import { session } from "../support/customer.ts"
import { type FreshDatabase, freshDatabase } from "../support/freshDatabase.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import * as replaced from "../support/replaced.ts"
import { environment, program } from "../support/worker.ts"

const page = readFileSync("docs/moving-over.md", "utf8")
const blocks = [...page.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = ""]) => sql.replace(/^ *--.*\n/gm, ""))
const [look = "", change = ""] = blocks
const later = /`(and o\.created_at < )'[^']*'`/.exec(page)?.[1] ?? ""

/** One statement after the other, on one connection, as psql does it. */
const psql = Effect.fn("psql")(function* (fresh: FreshDatabase, text: string) {
  const { query } = yield* session(fresh)
  const answers = []
  for (const statement of text.trim().split(/;\s*/).filter(Boolean)) answers.push(...(yield* query(statement)))
  return answers
}, Effect.scoped)

/** A form that inserts every few milliseconds until it is stopped, and counts. */
const form = Effect.fn("form")(function* ({ admin }: FreshDatabase) {
  let count = 0
  const one = Effect.suspend(() => line.insertInquiry(admin, count + 1)).pipe(
    Effect.tap(() => Effect.sync(() => void count++)),
    Effect.uninterruptible,
    Effect.andThen(Effect.sleep("10 millis"))
  )
  const open = yield* Effect.map(Effect.forkScoped(Effect.forever(one)), (fiber) => Fiber.interrupt(fiber))
  return { close: Effect.map(open, () => count) }
})

const furnished = Effect.fn("furnished")(function* (payload: keyof typeof replaced.payloads) {
  const fresh = yield* freshDatabase()
  const standIn = yield* GraphStandIn.start()
  yield* fresh.admin.unsafe(samples.inquiries.createTable)
  yield* replaced.installTrigger(fresh, payload)
  const env = environment(line.databaseAt(fresh, standIn.origin), standIn.origin)
  const command = Effect.fn("command")(function* (...args: ReadonlyArray<string>) {
    const { code, output } = yield* Effect.flatMap(program(args, env), ({ ended }) => ended)
    // `check` has to note how fast this form is.
    assert.oneOf(code, args[0] === "check" ? [0, 2] : [0], output)
  })
  return { fresh, standIn, env, command }
})

const numbersIn = (subjects: ReadonlyArray<string>) =>
  subjects.map((subject) => Number(/Question (\d+)/.exec(subject)?.[1]))

const halfASecond = Effect.sleep("500 millis")

describe("moving over as the page says", () => {
  for (const [payload, early] of [
    ["the id", false],
    ["the whole row", true]
  ] as const) {
    const when = early ? "is there before the switch, paused" : "is started after it"
    it.live(
      `mails each row once, by the script, which is told ${payload}, or by the worker, which ${when}`,
      () =>
        Effect.gen(function* () {
          const { command, env, fresh, standIn } = yield* furnished(payload)
          const mailed = yield* replaced.listening(fresh)
          const open = yield* form(fresh)
          yield* halfASecond
          yield* command("migrate")
          yield* command("check")
          if (early) {
            yield* command("pause", "autos")
            const worker = yield* program(["run"], env)
            yield* worker.says("paused by an operator")
          }
          yield* halfASecond
          const triggers = yield* psql(fresh, look)
          assert.deepStrictEqual(
            triggers.map((row) => row["tgname"]),
            ["notify_new_inquiry"]
          )
          // Its key is from before the switch, its commit is not: the switch has to wait for it.
          const slow = yield* session(fresh)
          yield* slow.query("begin")
          yield* slow.query(
            "insert into inquiries (name, email, subject) values ('Slow', 's@example.com', 'Question 0')"
          )
          const committed = yield* Effect.forkScoped(Effect.delay(slow.query("commit"), "400 millis"))
          yield* psql(fresh, change)
          yield* Fiber.join(committed)
          yield* halfASecond
          if (early) yield* command("resume", "autos")
          else yield* program(["run"], env)
          yield* standIn.awaitMails(30)
          const count = yield* open.close
          yield* line.allSettled(fresh.admin)
          while (mailed.length + standIn.mails.length <= count) yield* Effect.sleep(20)
          yield* halfASecond
          const script = numbersIn(mailed)
          const ours = yield* line.mailedNumbers(standIn)
          assert.deepStrictEqual(
            [...script, ...ours].toSorted((a, b) => a - b),
            [0, ...line.numbers(count)]
          )
          assert.include(script, 0)
          assert.isAbove(script.length, 20)
          assert.isAbove(ours.length, 20)
        }).pipe(silently),
      120_000
    )
  }

  it.live("mails what came after the script had died, if the switch is told when that was", () =>
    Effect.gen(function* () {
      const { command, env, fresh, standIn } = yield* furnished("the id")
      yield* command("migrate")
      const alive = yield* Scope.make()
      const mailed = yield* replaced.listening(fresh).pipe(Scope.provide(alive))
      yield* line.insertInquiries(fresh.admin, 20)
      while (mailed.length < 20) yield* Effect.sleep(20)
      yield* Scope.close(alive, Exit.void)
      const [death] = yield* psql(fresh, "select clock_timestamp()::text as at")
      yield* line.insertInquiries(fresh.admin, 20, 21)
      assert.notStrictEqual(later, "")
      const known = change.replace("o.outcome is null;", `o.outcome is null\n${later}'${String(death?.["at"])}';`)
      assert.notStrictEqual(known, change)
      yield* psql(fresh, known)
      yield* program(["run"], env)
      yield* standIn.awaitMails(20)
      yield* line.allSettled(fresh.admin)
      assert.deepStrictEqual(numbersIn(mailed), line.numbers(20))
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), line.numbers(20, 21))
    }).pipe(silently)
  )
})
