import { describe, expect, it } from "@effect/vitest"
import { mailto, replyTo, tel, validAddress } from "../../src/template/replyTo.ts"

describe("validAddress", () => {
  it("takes what people have", () => {
    for (const address of [
      "jane@example.com",
      "jane.doe+cars@mail.example.org",
      "o'neill@example.com",
      "j@xn--bcher-kva.example"
    ]) {
      expect(validAddress(address)).toBe(address)
    }
    expect(validAddress("  jane@example.com ")).toBe("jane@example.com")
  })

  it("refuses everything that is not exactly one address", () => {
    const refused = [
      "",
      "jane",
      "jane@",
      "@example.com",
      "jane@example",
      "jane@example.com, joe@example.com",
      "jane@example.com;joe@example.com",
      "jane@example.com joe@example.com",
      "Jane <jane@example.com>",
      '"jane"@example.com',
      "jane@joe@example.com",
      "jane@example.com\r\nBcc: joe@example.com",
      "jane@example.com\n",
      "jane\u0000@example.com",
      "jänе@example.com",
      "jane@exämple.com",
      "jane@\u202Eexample.com",
      ".jane@example.com",
      "jane.@example.com",
      "ja..ne@example.com",
      "jane@example..com",
      "jane@-example.com",
      "jane@example.com.",
      "jane@127.0.0.1",
      "jane@[127.0.0.1]",
      `${"j".repeat(65)}@example.com`,
      `jane@${"long.".repeat(50)}com`
    ]
    expect(refused.filter((text) => validAddress(text) !== undefined)).toEqual([])
    expect(validAddress(undefined)).toBeUndefined()
  })
})

describe("replyTo", () => {
  it("names the person", () => {
    expect(replyTo("jane@example.com", "Jane Doe")).toEqual({ name: "Jane Doe", address: "jane@example.com" })
  })

  it("keeps out of the name what could end it or pass for an address", () => {
    expect(replyTo("jane@example.com", '"Jane"\r\n<joe@example.com>, \u202E(x);')?.name).toBe("Jane joe example.com x")
    expect(replyTo("jane@example.com", "\u200B<>")?.name).toBeUndefined()
  })

  it("is absent without a valid address", () => {
    expect(replyTo("jane at example.com", "Jane")).toBeUndefined()
  })
})

describe("mailto", () => {
  it("escapes what would start the link's parameters", () => {
    expect(mailto("a&b?c=d%e@example.com")).toBe("mailto:a%26b%3Fc%3Dd%25e@example.com")
  })
})

describe("tel", () => {
  it("links what is surely one number", () => {
    expect(tel("+1 (416) 555-0142")).toBe("tel:+14165550142")
    expect(tel("555-0142")).toBe("tel:5550142")
  })

  it("links nothing else", () => {
    for (const text of ["555", "555-0142 x12", "call me", "javascript:1234567", "1".repeat(16)]) {
      expect(tel(text)).toBeUndefined()
    }
  })
})
