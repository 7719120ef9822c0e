// MAILER_DATABASES and MAILER_CONFIG.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { asJson, complete, entry, numberedAs, passwordOf, places, refused, secretOf, settle } from "./harness.ts"

const at = (rest: string) => `MAILER_DATABASES[0]${rest}`
const { url: _, ...withoutUrl } = entry

describe("the JSON form", () => {
  it.effect("needs little more than a URL, a table and who mails whom", () =>
    Effect.gen(function* () {
      const { databases } = yield* settle(asJson(entry))
      assert.strictEqual(databases.length, 1)
      assert.strictEqual(String(databases[0]?.name), "autos")
      assert.strictEqual(databases[0]?.timeZone, "UTC")
      assert.deepStrictEqual(databases[0]?.tables, [
        {
          name: { schema: undefined, name: "inquiries" },
          channel: "inquiries_mailer",
          template: "record",
          replyTo: "email",
          createdAt: "created_at"
        }
      ])
      assert.deepStrictEqual(databases[0]?.envelope.cc, [])
    })
  )

  it.effect("may be a file", () =>
    Effect.gen(function* () {
      const text = `\uFEFF${asJson(entry)["MAILER_DATABASES"]}`
      const { databases } = yield* settle({ MAILER_CONFIG: "databases.json" }, { "databases.json": text })
      assert.strictEqual(String(databases[0]?.name), "autos")
      assert.deepStrictEqual(yield* places({ MAILER_CONFIG: "none.json" }), ["MAILER_CONFIG"])
      const broken = yield* places(
        { MAILER_CONFIG: "a.json" },
        { "a.json": JSON.stringify([{ ...entry, timeZone: "x" }]) }
      )
      assert.deepStrictEqual(broken, ["MAILER_CONFIG[0].timeZone"])
    })
  )

  it.effect("takes values of variables, even such as would be JSON or another reference themselves", () =>
    Effect.gen(function* () {
      const mail = { ...entry.mail, clientSecret: "${SECRET}", from: "${FROM}@${DOMAIN}" }
      const { databases } = yield* settle({
        ...asJson({ ...entry, mail }),
        SECRET: 'a"b\\c${FROM}$&',
        FROM: "noreply",
        DOMAIN: "example.com"
      })
      assert.strictEqual(secretOf(databases[0]), 'a"b\\c${FROM}$&')
      assert.strictEqual(databases[0]?.envelope.from, "noreply@example.com")
    })
  )

  it.effect.each(["${MISSING}", "${EMPTY}", "${constructor}", "${__proto__}"])("refuses %s, which is not set", (url) =>
    Effect.gen(function* () {
      const { issues } = yield* refused({ ...asJson({ ...entry, url }), EMPTY: "" })
      assert.deepStrictEqual(
        issues.map((issue) => issue.at),
        [at(".url")]
      )
      assert.include(issues[0].problem, url.slice(2, -1))
    })
  )

  it.effect.each(["${}", "${A-B}", "${A B}", "x${URL"])("refuses %s, which names no variable", (url) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* places({ ...asJson({ ...entry, url }), URL: "x" }), [at(".url")])
    })
  )

  it.effect("lets variables that it names be called as those of the numbered form", () =>
    Effect.gen(function* () {
      const mail = { ...entry.mail, clientSecret: "${CLIENT_SECRET_2}" }
      const variables = { ...asJson({ ...entry, url: "${DATABASE_URL}", mail }), PGHOST: "h", NAME: "x" }
      const named = { DATABASE_URL: "postgres://u:own@h/d", CLIENT_SECRET_2: "s" }
      assert.strictEqual(passwordOf((yield* settle({ ...variables, ...named })).databases[0]), "own")
      const { issues } = yield* refused({ ...variables, ...named, TENANT_ID_4: "x" })
      assert.strictEqual(issues.length, 1)
      assert.include(issues[0].problem, "TENANT_ID_4")
    })
  )

  it.effect("is refused beside numbered variables and beside the other JSON variable", () =>
    Effect.gen(function* () {
      const { issues } = yield* refused({ ...asJson(entry), ...numberedAs(2, complete), MAILER_CONFIG: "x.json" })
      assert.strictEqual(issues.length, 1)
      assert.include(issues[0].problem, "MAILER_CONFIG, DATABASE_URL_2, TENANT_ID_2")
    })
  )

  it.effect.each([
    ['[{"mail": {"clientSecret": "c4n4ry" "from": 1}}]', "line 1, column 37"],
    ['[{"mail":\n {"clientSecret": "c4n4ry",}}]', "line 2, column 28"],
    ['["c4n4ry]', "line 1, column 2"],
    ["c4n4ry", "line 1, column 1"]
  ] as const)("that is no JSON is refused with the place and without the text there %#", ([text, place]) =>
    Effect.gen(function* () {
      const { issues, message } = yield* refused({ MAILER_DATABASES: text })
      assert.deepStrictEqual(
        issues.map((issue) => issue.at),
        ["MAILER_DATABASES"]
      )
      assert.include(issues[0].problem, place)
      assert.notInclude(message, "c4n4ry")
    })
  )

  it.effect.each([
    ["not a list", {}, ["MAILER_DATABASES"]],
    ["an empty list", [], ["MAILER_DATABASES"]],
    ["no object", ["x"], [at("")]],
    ["null for mail", [{ ...entry, mail: null }], [at(".mail")]],
    ["no tables", [{ ...entry, tables: [] }], [at(".tables")]],
    ["a number for text", [{ ...entry, timeZone: 5 }], [at(".timeZone")]],
    ["an unknown key", [{ ...entry, interval: 1 }], [at(".interval")]],
    ["an unknown key that is no word", [{ ...entry, "a b": 1 }], [at('["a b"]')]],
    [
      "a misspelt key, reported once",
      [{ ...withoutUrl, tabels: [], urls: "x", tables: entry.tables }],
      [at(".tabels"), at(".urls")]
    ],
    ["both of url and address", [{ ...entry, address: { host: "localhost", database: "d", user: "u" } }], [at(".url")]],
    ["neither url nor address", [withoutUrl], [at(".url")]],
    [
      "a password missing",
      [{ ...withoutUrl, address: { host: "h", database: "d", user: "u" } }],
      [at(".address.password")]
    ],
    [
      "a port as text",
      [{ ...withoutUrl, address: { host: "::1", port: "1", database: "d", user: "u" } }],
      [at(".address.port")]
    ],
    ["a bad copy address", [{ ...entry, mail: { ...entry.mail, cc: ["a@b.c", "x"] } }], [at(".mail.cc[1]")]],
    ["a table twice", [{ ...entry, tables: [{ table: "a" }, { table: "public.a" }] }], [at(".tables[1].table")]],
    ["an unknown template", [{ ...entry, tables: [{ table: "a", template: "b" }] }], [at(".tables[0].template")]],
    [
      "a name twice",
      [
        { ...entry, name: "a" },
        { ...entry, name: "a" }
      ],
      ["MAILER_DATABASES[1].name"]
    ]
  ] as const)("with %s is refused there", ([, value, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* places({ MAILER_DATABASES: JSON.stringify(value) }), [...expected])
    })
  )

  it.effect("says which known key may have been meant, with its example", () =>
    Effect.gen(function* () {
      const { clientSecret: _, ...rest } = entry.mail
      const { issues } = yield* refused(asJson({ ...entry, mail: { ...rest, clientSecert: "c4n4ry" } }))
      assert.deepStrictEqual(issues, [
        {
          at: at(".mail.clientSecert"),
          problem: "is not known; clientSecret is, and may be meant",
          example: '"clientSecret": "${AUTOS_CLIENT_SECRET}"'
        }
      ])
    })
  )

  it.effect("takes recipients of copies", () =>
    Effect.gen(function* () {
      const { databases } = yield* settle(asJson({ ...entry, mail: { ...entry.mail, cc: ["office@example.com"] } }))
      assert.deepStrictEqual(databases[0]?.envelope.cc, ["office@example.com"])
    })
  )

  it.effect("keeps a password that fits no URL in an address", () =>
    Effect.gen(function* () {
      const address = { host: "db.example.com", database: "autos", user: "mailer", password: "${PW}" }
      const { databases } = yield* settle({ ...asJson({ ...withoutUrl, address }), PW: "a@b:c/d%" })
      assert.strictEqual(passwordOf(databases[0]), "a@b:c/d%")
      assert.deepStrictEqual(databases[0]?.address.tls, { mode: "verify-full", ca: undefined })
    })
  )
})
