// What a process knows of its databases: which run together, and which are not shared at all.
import { assert, describe, it } from "@effect/vitest"
import { Redacted } from "effect"
import { DatabaseName } from "../../src/Database.ts"
import * as Units from "../../src/fleet/Units.ts"
import * as line from "../support/line.ts"

const at = {
  host: "db",
  port: 5432,
  database: "forms",
  user: "mailer",
  password: Redacted.make("an-invented-password")
}
const database = (name: string, overrides: Parameters<typeof line.databaseAt>[2] = {}) =>
  line.databaseAt(at, "http://127.0.0.1:1", { name: DatabaseName.make(name), ...overrides })

describe("the knowledge of a process", () => {
  it("puts databases of one mailbox together, however its address is written", () => {
    const envelope = { from: "NoReply@Example.com", to: ["sales@example.com"], cc: [] }
    const { knowledge } = Units.of([database("a"), database("b", { envelope })])
    assert.deepStrictEqual(
      [...knowledge.values()].map(({ length }) => length),
      [2]
    )
  })

  it("leaves out databases where there may be no outbox, as a handover would forget rows there", () => {
    const databases = [database("a"), database("b", { capture: "notify" }), database("c", { capture: "auto" })]
    const { named } = Units.of(databases)
    assert.deepStrictEqual([...new Set([...named.values()].flat())], [DatabaseName.make("a")])
  })
})
