// Which day it is about, and when, also where clocks are changed.
import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as Day from "../../src/receipt/Day.ts"

const at = (written: string) => DateTime.makeUnsafe(written)
const iso = (millis: number) => DateTime.formatIso(at(DateTime.formatIso(DateTime.makeUnsafe(millis))))
const shown = (day: Day.Day | undefined) =>
  day === undefined ? undefined : [day.name, iso(day.from).slice(0, 16), iso(day.to).slice(0, 16)]

const berlin = (hour: number, minute = 0): Day.Times => ({ hour, minute, timeZone: "Europe/Berlin" })

describe("a receipt that is due at 08:00 in Berlin", () => {
  it.each([
    ["2026-11-24T06:59:59Z", undefined],
    ["2026-11-24T07:00:00Z", ["2026-11-23", "2026-11-22T23:00", "2026-11-23T23:00"]],
    ["2026-11-24T22:59:59Z", ["2026-11-23", "2026-11-22T23:00", "2026-11-23T23:00"]],
    // Past midnight nothing is made up for.
    ["2026-11-24T23:00:00Z", undefined],
    // Clocks go forward on 29 March: that day has 23 hours, and on it 08:00 is an hour earlier.
    ["2026-03-29T05:59:59Z", undefined],
    ["2026-03-29T06:00:00Z", ["2026-03-28", "2026-03-27T23:00", "2026-03-28T23:00"]],
    ["2026-03-30T06:00:00Z", ["2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"]],
    // And back on 25 October, which has 25.
    ["2026-10-25T06:59:59Z", undefined],
    ["2026-10-25T07:00:00Z", ["2026-10-24", "2026-10-23T22:00", "2026-10-24T22:00"]],
    ["2026-10-26T07:00:00Z", ["2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"]]
  ] as const)("is at %s about %s", (now, day) => {
    assert.deepStrictEqual(shown(Day.due(at(now), berlin(8))), day === undefined ? undefined : [...day])
  })

  it("follows the day before without a gap, all year round", () => {
    for (let n = 1; n < 400; n++) {
      const day = Day.before(at("2026-11-24T12:00:00Z"), "America/Toronto", n)
      assert.strictEqual(day.from, Day.before(at("2026-11-24T12:00:00Z"), "America/Toronto", n + 1).to)
    }
  })
})

describe("a time of day that clocks skip or show twice", () => {
  it("is the one after the gap, and the first of the two", () => {
    assert.strictEqual(iso(Day.dueAt(at("2026-03-29T12:00:00Z"), berlin(2, 30))), "2026-03-29T01:30:00.000Z")
    assert.strictEqual(iso(Day.dueAt(at("2026-10-25T12:00:00Z"), berlin(2, 30))), "2026-10-25T00:30:00.000Z")
  })

  it("may be midnight itself, as in Beirut", () => {
    const day = Day.before(at("2026-03-29T12:00:00Z"), "Asia/Beirut", 0)
    assert.deepStrictEqual(shown(day), ["2026-03-29", "2026-03-28T22:00", "2026-03-29T21:00"])
  })
})
