// What `check` says of a secret's last day and of the ways of alerts.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as Secret from "../../src/check/Secret.ts"
import type { Database } from "../../src/Database.ts"
import { watched } from "../support/fakes.ts"

const sending = (clientId: string, expires?: string): Database => ({
  ...watched.database,
  credential: {
    ...watched.database.credential,
    clientId,
    proof: { _tag: "Secret", secret: Redacted.make(""), expires }
  }
})

const subject = (database: Database) => ({
  database,
  setting: (path: ReadonlyArray<string | number>, value: string) => `${path.join(".")}=${value}`,
  byUrl: true
})

describe("the client secret", () => {
  it.effect("is good, to note or broken by its last day, and nothing where nobody has said it", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(0)
      const said = Effect.fnUntraced(function* (expires?: string) {
        const hops = yield* Secret.hops(subject(sending("a", expires)))
        return hops.map(({ detail, outcome }) => `${outcome}: ${detail}`)
      })
      assert.deepStrictEqual(yield* said(), [])
      assert.deepStrictEqual(yield* said("1970-02-01"), ["ok: is good until 1970-02-01, 31 days from now"])
      assert.deepStrictEqual(yield* said("1970-01-31"), ["warning: ends on 1970-01-31, 30 days from now"])
      assert.deepStrictEqual(yield* said("1970-01-01"), ["warning: ends on 1970-01-01, 0 days from now"])
      assert.deepStrictEqual(yield* said("1969-12-31"), ["broken: ended on 1969-12-31"])
      const [hop] = yield* Secret.hops(subject(sending("a", "1969-12-31")))
      assert.include(
        (hop?.repairs ?? []).map(({ line }) => line),
        "mail.clientSecretExpires=<the day on which it ends, YYYY-MM-DD>"
      )
    })
  )
})

describe("alerts by mail", () => {
  it("are to note where one application would have to tell of itself and nothing else does", () => {
    const outcome = (databases: ReadonlyArray<Database>, to: ReadonlyArray<string>, webhook: boolean) =>
      Secret.alerts(databases, to, webhook).map(({ outcome }) => outcome)
    const one = [sending("a"), sending("a", "2027-01-01")]
    assert.deepStrictEqual(outcome(one, [], false), [])
    assert.deepStrictEqual(outcome(one, ["it@example.com"], false), ["warning"])
    assert.deepStrictEqual(outcome(one, ["it@example.com"], true), ["ok"])
    assert.deepStrictEqual(outcome([...one, sending("b")], ["it@example.com"], false), ["ok"])
  })
})
