// What a server says of itself, and what follows from it for whoever has to repair it.
import { assert, describe, it } from "@effect/vitest"
import * as Server from "../../src/check/Server.ts"
import * as Wake from "../../src/check/Wake.ts"
import { subjectAt } from "../support/subject.ts"

const greeting: Server.Greeting = { version: 180_004, standby: false, readOnly: false, epochMillis: 0, asked: 0 }

describe("a server", () => {
  it("is new enough from PostgreSQL 14 on", () => {
    assert.deepInclude(Server.version(greeting), { outcome: "ok", detail: "PostgreSQL 18.4" })
    assert.strictEqual(Server.version({ ...greeting, version: 140_000 }).outcome, "ok")
    const old = Server.version({ ...greeting, version: 130_014 })
    assert.deepInclude(old, { outcome: "broken", detail: "PostgreSQL 13.14 is too old" })
  })

  it("in recovery is broken, and the primary's address is what is missing", () => {
    const { outcome, repairs } = Server.writable(subjectAt("standby.example.com"), { ...greeting, standby: true })
    assert.strictEqual(outcome, "broken")
    assert.deepStrictEqual(repairs, [{ as: "set", line: "address.host=<the primary's name>" }])
  })

  it("may differ from this machine's clock by five seconds, and not by six", () => {
    assert.strictEqual(Server.clock({ ...greeting, epochMillis: 105_000, asked: 100_000 }).outcome, "ok")
    const ahead = Server.clock({ ...greeting, epochMillis: 106_000, asked: 100_000 })
    assert.strictEqual(ahead.outcome, "warning")
    assert.match(ahead.detail, /6 s ahead of/)
    assert.match(Server.clock({ ...greeting, epochMillis: 94_000, asked: 100_000 }).detail, /6 s behind/)
  })
})

describe("a host of Neon's", () => {
  it("is kept awake by listening, which is said with what it costs and how it may sleep, and is no fault", () => {
    const awake = Wake.asleep(subjectAt("ep-cool-1.eu-central-1.aws.neon.tech"))
    assert.strictEqual(awake?.outcome, "ok")
    assert.match(awake?.detail ?? "", /about 19 \$ a month.*wake=poll lets it sleep/)
    assert.notMatch(Wake.asleep(subjectAt("ep-cool-1.aws.neon.tech", { wake: "poll" }))?.detail ?? "", /\$/)
    assert.isUndefined(Wake.asleep(subjectAt("db.example.com")))
  })

  it("has a direct address beside its pooler's, which is told", () => {
    assert.deepStrictEqual(Wake.direct("ep-cool-1-pooler.eu-central-1.aws.neon.tech"), {
      host: "ep-cool-1.eu-central-1.aws.neon.tech"
    })
    assert.match(Wake.direct("a-pooler.example.com").host, /^<.*>$/)
  })
})
