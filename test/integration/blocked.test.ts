// What keeps a row from being mailed until somebody repairs it, and that nothing is taken for something else meanwhile.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { limited } from "../support/limited.ts"
import * as line from "../support/line.ts"
import { quiet, silently } from "../support/quiet.ts"

describe("the line", () => {
  it.live("is blocked, and says what to do, where migrate has not run", () =>
    Effect.gen(function* () {
      const { admin, database } = yield* line.stage()
      yield* admin`drop schema inquiries_mailer cascade`
      const statuses = yield* line.start(database)
      assert.include(yield* line.inState(statuses, "blocked"), "inquiries-mailer migrate")
      yield* line.migrated(database)
      yield* line.inState(statuses, "listening")
    }).pipe(silently)
  )

  it.live("is blocked where row-level security would hide rows from it, instead of taking them for deleted", () =>
    Effect.gen(function* () {
      const { admin, database: whole, standIn } = yield* line.stage()
      const { database, role } = yield* limited(admin, whole)
      yield* admin`alter table inquiries enable row level security`
      yield* line.insertInquiry(admin, 1)
      const statuses = yield* line.start(database)
      assert.include(yield* line.inState(statuses, "blocked"), "row-level security")
      yield* admin.unsafe(`alter role ${role} bypassrls`)
      yield* standIn.awaitMails(1)
    }).pipe(silently)
  )

  it.live("parks a notice that Graph refuses for good, and mails the others", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.faults.push({ at: "sendMail", times: 1, kind: { status: 400, code: "ErrorInvalidRecipients" } })
      yield* line.insertInquiry(admin, 1)
      yield* line.start(database)
      while ((yield* line.outcomes(admin))[0]?.outcome == null) yield* Effect.sleep(10)
      yield* line.insertInquiry(admin, 2)
      assert.deepStrictEqual(
        (yield* line.allSettled(admin)).map(({ outcome }) => outcome),
        ["parked", "sent"]
      )
      assert.deepStrictEqual(yield* line.mailedNumbers(standIn), [2])
    }).pipe(silently, Effect.timeout(Duration.seconds(20)))
  )
})

describe("the trigger of a table", () => {
  it.live("is missed at the next safety poll, and its return is noticed there too", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      const { layer, lines } = quiet()
      const says = Effect.fnUntraced(function* (text: string) {
        while (!lines.some(({ message }) => message.includes(text))) yield* Effect.sleep(20)
      })
      const statuses = yield* line.start({ ...database, pollEvery: Duration.seconds(1) }).pipe(Effect.provide(layer))
      yield* line.inState(statuses, "listening")
      yield* admin`alter table inquiries disable trigger user`
      yield* says("has lost its trigger")
      yield* Effect.sleep("2500 millis")
      yield* admin`alter table inquiries enable trigger user`
      yield* says("has its trigger again")
      assert.lengthOf(
        lines.filter(({ message }) => message.includes("has lost its trigger")),
        1
      )
      yield* line.insertInquiry(admin, 1)
      yield* standIn.awaitMails(1)
    }).pipe(silently, Effect.timeout(Duration.seconds(20)))
  )
})
