// Which encryption a database gets, by its address and by what was asked for.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { isLocal, tlsFor } from "../../src/Settings/Tls.ts"
import { own } from "./certificate.ts"
import { asJson, complete, entry, mail, places, settle } from "./harness.ts"

const ca = own.certificate

describe("encryption of a database connection", () => {
  it.each([
    ["db.example.com", undefined, undefined, { mode: "verify-full", ca: undefined }],
    ["db.example.com", undefined, ca, { mode: "verify-full", ca }],
    ["db.example.com", "require", undefined, { mode: "require", ca: undefined }],
    ["db.example.com", "require", ca, { mode: "require", ca }],
    ["db.example.com", "require", "system", { mode: "verify-full", ca: undefined }],
    ["db.example.com", "verify-ca", ca, { mode: "verify-full", ca }],
    ["db.example.com", "verify-full", "system", { mode: "verify-full", ca: undefined }],
    ["db.example.com", "disable", ca, { mode: "disable" }],
    ["localhost", undefined, undefined, { mode: "disable" }],
    ["localhost", "verify-full", ca, { mode: "verify-full", ca }],
    ["/run/postgresql", undefined, undefined, { mode: "disable" }]
  ] as const)("to %s with sslmode %s", (host, mode, given, expected) => {
    assert.deepStrictEqual(tlsFor(host, mode, given), expected)
  })

  it.each([
    ["localhost", true],
    ["LOCALHOST", true],
    ["127.0.0.1", true],
    ["127.9.8.7", true],
    ["::1", true],
    ["0:0:0:0:0:0:0:1", true],
    ["/tmp", true],
    ["127.0.0.1.example.com", false],
    ["localhost.example.com", false],
    ["128.0.0.1", false],
    ["::2", false],
    ["2001:db8::1", false],
    ["::", false],
    ["1::1", false],
    ["10.0.0.1", false]
  ])("%s is on this machine: %s", (host, local) => {
    assert.strictEqual(isLocal(host), local)
  })

  it.effect("is taken from PGSSLMODE and PGSSLROOTCERT where the URL says nothing", () =>
    Effect.gen(function* () {
      const variables = { ...complete, PGSSLMODE: "require", PGSSLROOTCERT: "/ca.pem" }
      const settings = yield* settle(variables, { "/ca.pem": ca })
      assert.deepStrictEqual(settings.databases[0]?.address.tls, { mode: "require", ca })
    })
  )

  it.effect("is the URL's where both say something", () =>
    Effect.gen(function* () {
      const url = `${complete["DATABASE_URL"]}?sslmode=verify-full&sslrootcert=system`
      const settings = yield* settle({ ...complete, DATABASE_URL: url, PGSSLMODE: "disable" })
      assert.deepStrictEqual(settings.databases[0]?.address.tls, { mode: "verify-full", ca: undefined })
    })
  )

  it.effect("is taken from tls in the JSON form", () =>
    Effect.gen(function* () {
      const settings = yield* settle(asJson({ ...entry, tls: { mode: "require", ca } }))
      assert.deepStrictEqual(settings.databases[0]?.address.tls, { mode: "require", ca })
    })
  )

  it.effect.each(["prefer", "allow", "no-verify", "REQUIRE!"])("refuses the mode %s", (PGSSLMODE) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* places({ ...complete, PGSSLMODE }), ["PGSSLMODE"])
    })
  )

  it.effect("refuses a CA file without a certificate", () =>
    Effect.gen(function* () {
      const variables = {
        PGHOST: "h",
        PGDATABASE: "d",
        PGUSER: "u",
        PGPASSWORD: "p",
        PGSSLROOTCERT: "/ca.pem",
        ...mail
      }
      assert.deepStrictEqual(yield* places(variables, { "/ca.pem": "no certificate" }), ["PGSSLROOTCERT"])
    })
  )
})
