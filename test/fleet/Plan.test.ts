// Who is to run what: even, agreed upon, and only by who knows it.
import { assert, describe, it } from "@effect/vitest"
import { type Member, plan } from "../../src/fleet/Plan.ts"
import type { Knowledge } from "../../src/fleet/Units.ts"

/** So many mailboxes, with so many databases each. */
const mailboxes = (count: number, databases = 1, from = 0): Knowledge =>
  new Map(
    Array.from({ length: count }, (_, index) => [
      `mailbox${from + index}`,
      Array.from({ length: databases }, (_, number) => `database${from + index}.${number}`)
    ])
  )

const members = (knows: Knowledge, ...ids: ReadonlyArray<string>): ReadonlyArray<Member> =>
  ids.map((id) => ({ id, knows }))

const counts = (planned: ReadonlyMap<string, string>, ...ids: ReadonlyArray<string>) =>
  ids.map((id) => [...planned.values()].filter((member) => member === id).length)

describe("the plan", () => {
  it.each([
    [6, 3],
    [12, 3],
    [30, 5],
    [5000, 50]
  ])("gives everybody the same of %i mailboxes, for %i processes", (many, processes) => {
    const ids = Array.from({ length: processes }, (_, index) => `process${index}`)
    const planned = plan(members(mailboxes(many), ...ids))
    assert.deepStrictEqual(new Set(counts(planned, ...ids)), new Set([many / processes]))
  })

  it("is the same for all who see the same, and moves little when one comes or goes", () => {
    const knows = mailboxes(1000)
    const ten = Array.from({ length: 10 }, (_, index) => `process${index}`)
    const before = plan(members(knows, ...ten))
    assert.deepStrictEqual(before, plan(members(new Map([...knows].toReversed()), ...ten)))
    const moved = (after: ReadonlyMap<string, string>) =>
      [...before].filter(([key, id]) => after.get(key) !== id).length
    assert.isBelow(moved(plan(members(knows, ...ten, "another"))), 250)
    assert.isBelow(moved(plan(members(knows, ...ten.slice(1)))), 250)
  })

  it("keeps the databases of a mailbox together, however many they are", () => {
    const planned = plan(members(new Map([...mailboxes(1, 40), ...mailboxes(20, 1, 1)]), "a", "b"))
    const large = planned.get("mailbox0") ?? ""
    assert.strictEqual(planned.size, 21)
    assert.deepStrictEqual(counts(planned, large), [1])
  })

  it("gives what only one process knows to that one, and a mailbox to who knows all of its databases", () => {
    const older = mailboxes(10)
    const newer = new Map([...mailboxes(9), ["mailbox9", ["database9.0", "added"]], ...mailboxes(1, 1, 10)])
    for (const olders of [["a"], ["a", "b", "c"]]) {
      const planned = plan([...members(older, ...olders), ...members(newer, "new")])
      assert.strictEqual(planned.get("mailbox9"), "new")
      assert.strictEqual(planned.get("mailbox10"), "new")
      assert.strictEqual(planned.size, 11)
    }
  })

  it("divides a mailbox of which nobody knows every database among those who know them", () => {
    const planned = plan([
      ...members(new Map([["mailbox", ["both", "first"]]]), "a"),
      ...members(new Map([["mailbox", ["both", "second"]]]), "b")
    ])
    assert.strictEqual(planned.get("mailbox:first"), "a")
    assert.strictEqual(planned.get("mailbox:second"), "b")
    assert.include(["a", "b"], planned.get("mailbox:both"))
    assert.strictEqual(planned.size, 3)
  })
})
