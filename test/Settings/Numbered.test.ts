// The form with one variable a setting: the replaced system's, and any number more.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { showTable } from "../../src/Database.ts"
import { complete, mail, numberedAs, passwordOf, places, refused, secretOf, settle } from "./harness.ts"

const fields = { PGHOST: "db.example.com", PGDATABASE: "autos", PGUSER: "mailer", PGPASSWORD: "pw" }

describe("the replaced system's variables", () => {
  it.effect("configure its three instances with its tables, channels and templates", () =>
    Effect.gen(function* () {
      const { databases } = yield* settle({
        ...complete,
        ...numberedAs(2, { ...fields, ...mail, PGDATABASE: "freight", CLIENT_SECRET: "second-secret" }),
        ...numberedAs(3, { ...complete, DATABASE_URL: "postgres://u:3rd@h/contacts" })
      })
      const tables = databases.map(({ name, tables }) => [
        name,
        ...tables.flatMap((table) => [
          showTable(table.name),
          table.channel,
          table.template,
          table.replyTo,
          table.createdAt
        ])
      ])
      assert.deepStrictEqual(tables, [
        ["autos", "inquiries", "new_record_channel", "inquiry", "email", "created_at"],
        ["freight", "quote_requests", "quote_request_channel", "quote-request", "email", "created_at"],
        ["contacts", "contact_submissions", "contact_submission_channel", "contact-submission", "email", "created_at"]
      ])
      assert.deepStrictEqual(databases.map(passwordOf), ["pw", "pw", "3rd"])
      assert.deepStrictEqual(databases.map(secretOf), ["first-secret", "second-secret", "first-secret"])
      assert.deepStrictEqual(databases[1]?.envelope, { from: "noreply@example.com", to: ["sales@example.com"], cc: [] })
      assert.deepStrictEqual(
        databases.map((database) => database.timeZone),
        ["UTC", "UTC", "UTC"]
      )
    })
  )

  it.effect("may leave gaps and go beyond three, where the table is asked for", () =>
    Effect.gen(function* () {
      const seventh = { TABLE: "sales.leads", NAME: "leads", TIME_ZONE: "Europe/Berlin" }
      const { databases } = yield* settle({
        ...numberedAs(3, complete),
        ...numberedAs(17, { ...complete, ...seventh })
      })
      assert.deepStrictEqual(
        databases.map(({ name }) => String(name)),
        ["autos", "leads"]
      )
      assert.deepStrictEqual(databases[1]?.tables, [
        {
          name: { schema: "sales", name: "leads" },
          channel: "inquiries_mailer",
          template: "record",
          replyTo: "email",
          createdAt: "created_at"
        }
      ])
      assert.strictEqual(databases[1]?.timeZone, "Europe/Berlin")
      assert.deepStrictEqual(yield* places({ ...complete, ...numberedAs(4, complete) }), ["TABLE_4"])
    })
  )

  it.effect("are read in the order of their numbers", () =>
    Effect.gen(function* () {
      const named = (instance: number) => numberedAs(instance, { ...complete, NAME: `n${instance}`, TABLE: "t" })
      const { databases } = yield* settle({ ...named(10), ...named(9), ...named(2) })
      assert.deepStrictEqual(
        databases.map(({ name }) => String(name)),
        ["n2", "n9", "n10"]
      )
    })
  )

  it.effect("of TABLE, CHANNEL and TEMPLATE replace the defaults", () =>
    Effect.gen(function* () {
      const own = { TABLE: 'crm."Leads"', CHANNEL: "leads", TEMPLATE: "record" }
      const { databases } = yield* settle({ ...complete, ...own })
      const [table] = databases[0]?.tables ?? []
      assert.deepStrictEqual(table?.name, { schema: "crm", name: "Leads" })
      assert.strictEqual(table?.channel, "leads")
      assert.strictEqual(table?.template, "record")
    })
  )

  it.effect("read the database's URL before its parts", () =>
    Effect.gen(function* () {
      const { databases } = yield* settle({ ...complete, ...fields, PGHOST: "other.example.com", PGPORT: "1" })
      assert.strictEqual(databases[0]?.address.host, "db.example.com")
      assert.strictEqual(databases[0]?.address.port, 5432)
    })
  )

  it.effect("take several recipients, and values with spaces around them", () =>
    Effect.gen(function* () {
      const TO_EMAIL = " sales@example.com ,office@example.com,, "
      const { databases } = yield* settle({ ...complete, TO_EMAIL, CLIENT_SECRET: " first-secret\n", TENANT_ID: " t " })
      assert.deepStrictEqual(databases[0]?.envelope.to, ["sales@example.com", "office@example.com"])
      assert.strictEqual(secretOf(databases[0]), "first-secret")
      assert.strictEqual(databases[0]?.credential.tenantId, "t")
    })
  )

  it.effect("keep the spaces of a password", () =>
    Effect.gen(function* () {
      const { databases } = yield* settle({ ...fields, ...mail, PGPASSWORD: " pw " })
      assert.strictEqual(passwordOf(databases[0]), " pw ")
    })
  )

  it.effect.each(["DATABASE_URL", "TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "FROM_EMAIL", "TO_EMAIL"])(
    "make an instance by %s alone, which then lacks the rest",
    (name) =>
      Effect.gen(function* () {
        const found = yield* places({ ...complete, [`${name}_2`]: numberedAs(2, complete)[`${name}_2`] ?? "" })
        const rest = ["DATABASE_URL_2", "TENANT_ID_2", "CLIENT_ID_2", "CLIENT_SECRET_2", "FROM_EMAIL_2", "TO_EMAIL_2"]
        assert.deepStrictEqual(
          found,
          rest.filter((other) => other !== `${name}_2`)
        )
      })
  )

  it.effect("of an address alone make no instance, nor do names and tables, for shells set them", () =>
    Effect.gen(function* () {
      const idle = numberedAs(2, {
        ...fields,
        NAME: "x",
        TABLE: "t",
        CHANNEL: "c",
        TEMPLATE: "record",
        TIME_ZONE: "UTC",
        ...{ RECONCILE: "mailbox", CAPTURE: "auto", WAKE: "poll", POLL_EVERY: "1 hour", RETENTION: "1 day" }
      })
      assert.strictEqual((yield* settle({ ...complete, ...idle })).databases.length, 1)
    })
  )

  it.effect("that are empty are unset", () =>
    Effect.gen(function* () {
      const empty = Object.fromEntries(Object.keys(complete).map((name) => [`${name}_2`, ""]))
      assert.strictEqual((yield* settle({ ...complete, ...empty, PGPORT: "" })).databases.length, 1)
      assert.deepStrictEqual(yield* places({ ...complete, FROM_EMAIL: " " }), ["FROM_EMAIL"])
    })
  )

  it.effect("name each missing part of an address", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* places({ ...mail, PGHOST: "db.example.com" }), [
        "PGDATABASE",
        "PGUSER",
        "PGPASSWORD"
      ])
      assert.deepStrictEqual(yield* places({ ...mail, PGPORT: "port" }), ["PGHOST", "PGPORT", "PGDATABASE", "PGUSER"])
      const local = yield* settle({ ...mail, PGHOST: "/run/postgresql", PGDATABASE: "d", PGUSER: "u" })
      assert.isUndefined(local.databases[0]?.address.password)
    })
  )

  it.effect.each(["_1", "_0", "_02"])("with the number %s would never be read and are refused", (number) =>
    Effect.gen(function* () {
      const { issues } = yield* refused({ ...complete, [`TABLE${number}`]: "t" })
      assert.deepStrictEqual(
        issues.map((issue) => issue.at),
        [`TABLE${number}`]
      )
      assert.match(issues[0].example, number === "_02" ? /^TABLE_2=/ : /^TABLE=/)
    })
  )

  it.effect("say which of several addresses is wrong", () =>
    Effect.gen(function* () {
      const { issues } = yield* refused({ ...complete, TO_EMAIL: "sales@example.com, office" })
      assert.strictEqual(issues[0].at, "TO_EMAIL")
      assert.match(issues[0].problem, /^address 2 in it /)
    })
  )
})
