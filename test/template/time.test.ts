import { describe, expect, it } from "@effect/vitest"
import { date, timestamp, timestamptz } from "../../src/template/time.ts"

const toronto = "America/Toronto"

describe("timestamp", () => {
  it("shows a time without zone as it is, with the configured zone", () => {
    expect(timestamp("2026-11-24 14:03:05.123456", toronto)).toBe("24 Nov 2026, 14:03 (America/Toronto)")
    expect(timestamp("2026-01-02 00:00:00", "UTC")).toBe("2 Jan 2026, 00:00 (UTC)")
  })

  it("takes hours that happen twice or never", () => {
    expect(timestamp("2026-11-01 01:30:00", toronto)).toBe("1 Nov 2026, 01:30 (America/Toronto)")
    expect(timestamp("2026-03-08 02:30:00", toronto)).toBe("8 Mar 2026, 02:30 (America/Toronto)")
  })

  it("leaves alone what is no plain time", () => {
    for (const value of [
      "infinity",
      "-infinity",
      "0044-03-15 12:00:00 BC",
      "12026-01-01 00:00:00",
      "2026-13-01 00:00:00",
      "soon",
      ""
    ]) {
      expect(timestamp(value, toronto)).toBe(value)
    }
  })

  it("shows an odd zone as one short harmless line", () => {
    expect(timestamp("2026-11-24 14:03:05", "Mars/\r\n\u202EOlympus")).toBe("24 Nov 2026, 14:03 (Mars/ Olympus)")
    expect(timestamp("2026-11-24 14:03:05", "")).toBe("24 Nov 2026, 14:03")
  })
})

describe("timestamptz", () => {
  it("converts an instant to the zone, summer and winter", () => {
    expect(timestamptz("2026-11-24 14:03:05.123+00", toronto)).toBe("24 Nov 2026, 09:03 (America/Toronto)")
    expect(timestamptz("2026-07-24 02:03:05+00", toronto)).toBe("23 Jul 2026, 22:03 (America/Toronto)")
    expect(timestamptz("2026-12-31 23:30:00+00", "Asia/Tokyo")).toBe("1 Jan 2027, 08:30 (Asia/Tokyo)")
  })

  it("understands other offsets", () => {
    expect(timestamptz("2026-11-24 14:03:05+05:30", "UTC")).toBe("24 Nov 2026, 08:33 (UTC)")
  })

  it("falls back to UTC, and says so, for a zone that nobody knows", () => {
    expect(timestamptz("2026-11-24 14:03:05+00", "Nowhere/Land")).toBe("24 Nov 2026, 14:03 (UTC)")
  })

  it("shows rows of the same second in the zone of each, and not those of the one before", () => {
    expect(timestamptz("2026-11-24 14:03:59.1+00", toronto)).toBe("24 Nov 2026, 09:03 (America/Toronto)")
    expect(timestamptz("2026-11-24 14:03:59.2+00", "Asia/Tokyo")).toBe("24 Nov 2026, 23:03 (Asia/Tokyo)")
    expect(timestamptz("2026-11-24 14:04:00+00", "Asia/Tokyo")).toBe("24 Nov 2026, 23:04 (Asia/Tokyo)")
    expect(timestamptz("2026-11-24 14:04:00+01", "Asia/Tokyo")).toBe("24 Nov 2026, 22:04 (Asia/Tokyo)")
  })

  it("leaves alone what is no plain time", () => {
    for (const value of ["infinity", "0044-03-15 12:00:00+00 BC", "0001-01-01 00:00:00+00", "2026-13-01 00:00:00+00"]) {
      expect(timestamptz(value, toronto)).toBe(value)
    }
  })
})

describe("date", () => {
  it("shows a date, and leaves alone what is none", () => {
    expect(date("2026-02-09")).toBe("9 Feb 2026")
    expect(date("0044-03-15 BC")).toBe("0044-03-15 BC")
  })
})
