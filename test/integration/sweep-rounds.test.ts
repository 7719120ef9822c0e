// The sweep in the worker and as a command: what is mailed, what an operator reads, and how he decides.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as line from "../support/line.ts"
import { quiet, silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const disable = "alter table inquiries disable trigger inquiries_mailer_1"

const until = Effect.fnUntraced(function* (holds: () => boolean) {
  while (!holds()) yield* Effect.sleep(20)
})

describe("a worker whose trigger is broken", () => {
  it.live("says so once with the repair, and mails the rows", () =>
    Effect.gen(function* () {
      const { layer, lines } = quiet()
      yield* Effect.gen(function* () {
        const { admin, database, standIn } = yield* line.stage()
        yield* admin.unsafe(disable)
        yield* line.insertInquiries(admin, 3)
        yield* line.start(database)
        yield* until(() => standIn.mails.length === 3)
        yield* line.allSettled(admin)
        assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [1, 2, 3])
      }).pipe(Effect.provide(layer), Effect.timeout("20 seconds"))
      const broken = lines.filter(({ message }) => message.includes("has lost its trigger"))
      assert.deepStrictEqual(
        broken.map(({ level }) => level),
        ["Error"]
      )
      assert.include(broken[0]?.message, "inquiries-mailer migrate")
    })
  )

  it.live("shows that many rows wait, while new ones are mailed, and mails them when they are approved", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      yield* admin.unsafe(disable)
      yield* line.insertInquiries(admin, 21)
      yield* admin.unsafe("alter table inquiries enable trigger inquiries_mailer_1")
      const statuses = yield* line.start(database)
      assert.include(yield* line.inState(statuses, "blocked"), "21 rows of table public.inquiries")
      yield* line.insertInquiry(admin, 22)
      yield* until(() => standIn.mails.length > 0)
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [22])
      const command = Effect.fnUntraced(function* (...args: ReadonlyArray<string>) {
        return yield* (yield* program(["sweep", ...args], environment(database, standIn.origin))).ended
      })
      assert.include((yield* command()).output, "21 rows were not captured by its trigger and wait")
      assert.strictEqual((yield* command("--approve", "--dismiss")).code, 78)
      assert.strictEqual((yield* command("--approve", "--database", "elsewhere")).code, 78)
      const approved = yield* command("--approve", "--database", "autos")
      assert.include(approved.output, "autos: public.inquiries: 21 rows are mailed now")
      assert.strictEqual(approved.code, 0)
      yield* until(() => standIn.mails.length === 22)
      assert.deepStrictEqual(
        yield* line.mailedNumbers(standIn),
        line.numbers(22).toSorted((a, b) => a - b)
      )
      assert.include((yield* command()).output, "nothing waits")
    }).pipe(silently, Effect.timeout("40 seconds"))
  )
})
