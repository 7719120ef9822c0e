import { describe, expect, it } from "@effect/vitest"
import { subject } from "../../src/template/subject.ts"

describe("subject", () => {
  it("says what, who and which row", () => {
    expect(subject("New inquiry", ["2023 Honda Civic", "Jane Doe"], "42")).toBe(
      "New inquiry: 2023 Honda Civic – Jane Doe (#42)"
    )
  })

  it("does without words that were not given", () => {
    expect(subject("New inquiry", ["", "Jane Doe"], "42")).toBe("New inquiry: Jane Doe (#42)")
    expect(subject("New inquiry", ["", " \u200B"], "42")).toBe("New inquiry (#42)")
  })

  it("cuts the long words, not the short ones and never the reference", () => {
    const line = subject("New inquiry", ["A very long question about a car ".repeat(9), "Jane Doe"], "2147483647")
    expect(line).toBe("New inquiry: A very long question about a car A very… – Jane Doe (#2147483647)")
    expect(line.length).toBeLessThanOrEqual(78)
  })

  it("cuts nothing of a line of 78, and a line of 79 to 78", () => {
    const fact = "x".repeat(78 - "New inquiry:  – Jane Doe (#42)".length)
    expect(subject("New inquiry", [fact, "Jane Doe"], "42")).toBe(`New inquiry: ${fact} – Jane Doe (#42)`)
    expect(subject("New inquiry", [`${fact}y`, "Jane Doe"], "42")).toBe(
      `New inquiry: ${fact.slice(1)}… – Jane Doe (#42)`
    )
  })

  it("shortens a uuid", () => {
    expect(subject("New inquiry", ["Civic"], "6f1c2d5e-0b7a-4c53-9a2e-3f5d8f0c1b2a")).toBe(
      "New inquiry: Civic (#6f1c2d5e-0b7a…)"
    )
  })

  it("stays one line whatever the words and the key hold", () => {
    expect(subject("New inquiry", ["a\r\nBcc: b", "c\u2028d"], "k\r\ne")).toBe("New inquiry: a Bcc: b – c d (#k e)")
  })
})
