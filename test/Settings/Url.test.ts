// Database URLs: taken apart as libpq would, and never quoted.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { parseUrl } from "../../src/Settings/Url.ts"
import { complete, passwordOf, refused, settle } from "./harness.ts"

const parts = (url: string) => Result.getOrThrow(parseUrl(url))

describe("a database URL", () => {
  it.each([
    ["postgres://u:p@h/d", { host: "h", database: "d", user: "u", password: "p" }],
    ["postgresql://u@h:5433/d", { host: "h", port: "5433", database: "d", user: "u" }],
    ["POSTGRES://u:p@h.example.com/d", { host: "h.example.com", database: "d", user: "u", password: "p" }],
    [
      `postgres://u:${"p%40%3A%2F%3F%23%25"}@h/my%20db`,
      { host: "h", database: "my db", user: "u", password: "p@:/?#%" }
    ],
    ["postgres://u:p:q@r@h/d", { host: "h", database: "d", user: "u", password: "p:q@r" }],
    [
      "postgres://u:p@[2001:db8::1]:6000/d",
      { host: "2001:db8::1", port: "6000", database: "d", user: "u", password: "p" }
    ],
    ["postgres://u:p@/d?host=/run/postgresql", { host: "/run/postgresql", database: "d", user: "u", password: "p" }],
    ["postgres://u@%2Frun%2Fpostgresql/d", { host: "/run/postgresql", database: "d", user: "u" }],
    ["postgres:///?host=h&user=u&password=p&dbname=d", { host: "h", database: "d", user: "u", password: "p" }],
    [
      "postgres://u:p@ep-x-pooler.example.com/d?sslmode=require&channel_binding=require&application_name=a",
      { host: "ep-x-pooler.example.com", database: "d", user: "u", password: "p", mode: "require" }
    ],
    ["postgres://u:p@h/d?sslrootcert=%2Fca.pem", { host: "h", database: "d", user: "u", password: "p", ca: "/ca.pem" }]
  ] as const)("is taken apart: %s", (url, expected) => {
    assert.deepStrictEqual(parts(url), expected)
  })

  it.each([
    ["mysql://u:p@h/d", /postgres:\/\//],
    ["h:5432/d", /postgres:\/\//],
    ["postgres://u:p@h1,h2/d", /several hosts/],
    ["postgres://u:p@h/d?options=-csearch_path%3Da", /options.*schema/],
    ["postgres://u:p@h/d?sslcert=x", /sslcert/],
    ["postgres://u:p@h/d?slmode=disable", /not known.*sslmode/],
    ["postgres://u:p@h/d/e", /taken apart/],
    ["postgres://u:p@h:x/d", /taken apart/],
    ["postgres://u:1/p@h", /taken apart/],
    ["postgres://u:1?p@h", /taken apart/],
    ["postgres://u:p p@h/d", /space/],
    ["postgres://u:%zz@h/d", /percent/]
  ])("is refused with its reason: %s", (url, reason) => {
    const result = parseUrl(url)
    assert.isTrue(Result.isFailure(result))
    assert.match(Result.isFailure(result) ? result.failure : "", reason)
  })

  it.effect.each([
    ["postgres://u:pw@h:0/d", "port"],
    ["postgres://u:pw@h:70000/d", "port"],
    ["postgres://u:pw@h", "database"],
    ["postgres://h/d", "user"],
    ["postgres://u:pw@/d", "host"],
    ["postgres://u:pw@-/d", "host"],
    ["postgres://u:pw@h/d?sslmode=prefer", "sslmode"],
    ["postgres://u:pw@h/d?sslrootcert=/none.pem", "sslrootcert"]
  ] as const)("is refused for its part: %s", ([url, part]) =>
    Effect.gen(function* () {
      const { issues } = yield* refused({ ...complete, DATABASE_URL: url })
      assert.deepStrictEqual(
        issues.map((issue) => issue.at),
        ["DATABASE_URL"]
      )
      assert.match(issues[0].problem, new RegExp(`^the ${part} in it `))
    })
  )

  it.effect("with several mistakes in it reports each", () =>
    Effect.gen(function* () {
      const { issues } = yield* refused({ ...complete, DATABASE_URL: "postgres://h:0/?sslmode=allow" })
      assert.strictEqual(issues.length, 4)
    })
  )

  // An unescaped password is the likeliest mistake of all, and the likeliest way for a password into a log.
  it.effect.each(
    [
      "@",
      ":",
      "/",
      "#",
      "%",
      "?",
      "&",
      "=",
      "[",
      "]",
      " ",
      "\\",
      ",",
      "@/",
      "/@",
      "?x=",
      "#@",
      "%zz",
      "1/",
      "1?"
    ].flatMap((inside) => [`c4n4ry${inside}c4n4ry`, `${inside}c4n4ry`, `c4n4ry${inside}`])
  )(
    "whose password %s is not escaped either works with that password or is refused without a piece of it",
    (password) =>
      Effect.gen(function* () {
        const outcome = yield* Effect.result(settle({ ...complete, DATABASE_URL: `postgres://u:${password}@h/d` }))
        if (Result.isFailure(outcome)) {
          const { message, issues } = outcome.failure
          for (const said of [message, String(outcome.failure), JSON.stringify(issues)])
            assert.notInclude(said, "c4n4ry")
          return
        }
        const [database] = outcome.success.databases
        assert.strictEqual(passwordOf(database), password)
        assert.strictEqual(database?.address.host, "h")
        assert.notInclude(JSON.stringify(database), "c4n4ry")
      })
  )
})
