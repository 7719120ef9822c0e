import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Compose from "../src/Compose.ts"
import type { Member } from "../src/Notice.ts"
import { NotBegun } from "../src/Settlement.ts"
import { notice, row, watched } from "./support/fakes.ts"

const digest = notice("", { digest: true })
const members: ReadonlyArray<Member> = ["1", "2", "3"].map((key) => ({ id: notice(key).id, key }))
const fetched =
  (...keys: ReadonlyArray<string>) =>
  () =>
    Effect.succeed(new Map(keys.map((key) => [key, row(key)])))

describe("the mail of a digest", () => {
  it.effect("waits for the begun mark, which says of which rows it tells, and leaves out what is gone", () =>
    Effect.gen(function* () {
      const asked: Array<ReadonlyArray<string>> = []
      const fetch = (keys: ReadonlyArray<string>) =>
        Effect.andThen(
          Effect.sync(() => asked.push(keys)),
          fetched("1", "3")()
        )
      const content = Compose.digest(digest, Effect.succeed(members), fetch, watched)
      const composing = yield* Effect.forkChild(content.mail, { startImmediately: true })
      assert.deepStrictEqual(asked, [])
      yield* content.begin
      const mail = yield* Fiber.join(composing)
      assert.deepStrictEqual(asked, [["1", "2", "3"]])
      assert.include(mail.text, "#1")
      assert.notInclude(mail.text, "#2")
      assert.deepStrictEqual(content.told?.(), [notice("1").id, notice("3").id])
      assert.strictEqual(mail.correlationId, digest.id)
    })
  )

  it.effect("waits for no begun mark that failed", () =>
    Effect.gen(function* () {
      const content = Compose.digest(digest, Effect.fail(new NotBegun()), fetched(), watched)
      const composing = yield* Effect.forkChild(Effect.flip(content.mail), { startImmediately: true })
      assert.strictEqual((yield* Effect.flip(content.begin))._tag, "NotBegun")
      assert.strictEqual((yield* Fiber.join(composing))._tag, "NotComposed")
    })
  )

  it.effect("is none where every row is gone", () =>
    Effect.gen(function* () {
      const content = Compose.digest(digest, Effect.succeed(members), fetched(), watched)
      yield* content.begin
      assert.deepInclude((yield* Effect.flip(content.mail)).decision, { outcome: "gone" })
    })
  )
})
