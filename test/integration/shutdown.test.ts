// A worker is stopped while the database refuses its outcomes for good.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

describe("a shutdown", () => {
  it.live("ends with 0 within 20 s though the outbox is gone, and names what could not be settled", () =>
    Effect.gen(function* () {
      const { admin, database, standIn } = yield* line.stage()
      standIn.latencyMillis = 2_000
      const worker = yield* program(["run"], environment(database, standIn.origin))
      yield* worker.says("listening")
      yield* line.insertInquiry(admin, 1)
      while (standIn.requests.sendMail < 1) yield* Effect.sleep(10)
      const [notice] = yield* admin<{ readonly id: string }>`select id from inquiries_mailer.outbox`
      yield* admin`drop schema inquiries_mailer cascade`
      yield* standIn.awaitMails(1)
      yield* worker.kill("SIGTERM")
      const [took, { code, output, signal }] = yield* Effect.timed(worker.ended)
      assert.deepStrictEqual({ code, signal }, { code: 0, signal: null }, output)
      assert.isBelow(Duration.toSeconds(took), 20)
      const said = output.split("\n").find((text) => text.includes("its outcome could not be written"))
      assert.include(said, notice?.id ?? "no notice")
    }).pipe(silently, Effect.timeout("60 seconds"))
  )
})
