// `check` with each fault of the credential and of the mailbox, and the test mail that it sends when it is asked to.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import { check, hop, repairs, setVariables, sound } from "../support/check.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment } from "../support/worker.ts"

const staged = Effect.fnUntraced(function* (options?: GraphStandIn.Options) {
  const { admin, database } = yield* line.stage()
  const standIn = yield* GraphStandIn.start(options)
  return { admin, database, standIn, env: environment(database, standIn.origin) }
})

const forbidden = (at: "sendMail" | "messages") => ({ at, times: "forever", kind: { status: 403 } }) as const

describe("check", () => {
  it.live("heals a wrong secret, with the number that Microsoft has for it and how a new one is made", () =>
    Effect.gen(function* () {
      const right = line.credentialAt("").tenantId
      const credentials = [
        { tenantId: right, clientId: line.credentialAt("").clientId, clientSecret: "an-invented-secret" }
      ]
      const { env } = yield* staged({ credentials })
      const wrong = { ...env, CLIENT_SECRET: "hunter2" }
      const { code, output } = yield* check(wrong)
      assert.strictEqual(code, 1, output)
      assert.match(hop(output, "token"), /^ {2}✗ .*AADSTS7000215/)
      assert.match(hop(output, "right to send"), /^ {2}\? /)
      assert.match(repairs(output, "token", "PowerShell").join(), /Add-MgApplicationPassword/)
      assert.notInclude(output, "hunter2")
      yield* sound(setVariables(wrong, output, "token", { CLIENT_SECRET: "an-invented-secret" }))

      const stranger = { ...env, CLIENT_ID: "99999999-9999-9999-9999-999999999999" }
      const { output: unknown } = yield* check(stranger)
      assert.match(hop(unknown, "token"), /AADSTS700016/)
      yield* sound(setVariables(stranger, unknown, "token", { CLIENT_ID: line.credentialAt("").clientId }))

      const elsewhere = { ...env, TENANT_ID: "99999999-9999-9999-9999-999999999999" }
      const { output: nowhere } = yield* check(elsewhere)
      assert.match(hop(nowhere, "token"), /AADSTS90002/)
      yield* sound(setVariables(elsewhere, nowhere, "token", { TENANT_ID: right }))
    }).pipe(silently)
  )

  it.live("tells the right to send and to look from their lack, without sending", () =>
    Effect.gen(function* () {
      const { env, standIn } = yield* staged({ mailboxes: ["noreply@example.com"] })
      const reconciling = { ...env, RECONCILE: "mailbox" }
      standIn.faults.push(forbidden("sendMail"), forbidden("messages"))
      const { code, output } = yield* check(reconciling)
      assert.strictEqual(code, 1, output)
      for (const [name, role] of [
        ["right to send", "Mail.Send"],
        ["right to look", "Mail.Read"]
      ] as const) {
        assert.match(hop(output, name), /^ {2}✗ .*403/)
        assert.deepStrictEqual(
          repairs(output, name, "PowerShell").at(-1),
          [
            "New-ManagementRoleAssignment -App '22222222-2222-2222-2222-222222222222'",
            `-Role 'Application ${role}' -CustomResourceScope 'Inquiries noreply@example.com'`
          ].join(" ")
        )
      }
      standIn.faults.clear()
      standIn.faults.push(forbidden("messages"))
      yield* sound(setVariables(reconciling, output, "right to look"))
      standIn.faults.clear()
      assert.match(hop(yield* sound(reconciling), "right to look"), /^ {2}✓ /)

      const nobody = { ...env, FROM_EMAIL: "nobody@example.com" }
      const { output: missing } = yield* check(nobody)
      assert.match(hop(missing, "right to send"), /^ {2}✗ .*404/)
      yield* sound(setVariables(nobody, missing, "right to send", { FROM_EMAIL: "noreply@example.com" }))
      assert.lengthOf(standIn.mails, 0)
    }).pipe(silently)
  )

  it.live("asks Microsoft once for all databases with the same mailbox", () =>
    Effect.gen(function* () {
      const { env, standIn } = yield* staged()
      const more = Object.fromEntries(
        [2, 3, 4].flatMap((number) =>
          Object.entries(env)
            .filter(([name]) => /^(PG|TENANT|CLIENT|FROM|TO)/.test(name))
            .concat([
              ["TABLE", "inquiries"],
              ["NAME", `copy-${number}`]
            ])
            .map(([name, value]) => [`${name}_${number}`, value])
        )
      )
      yield* check({ ...env, ...more })
      assert.deepInclude(standIn.requests, { token: 1, sendMail: 1 })
    }).pipe(silently)
  )
})

describe("check --send", () => {
  it.live("sends the newest row as a test, follows it into the mailbox, and leaves the outbox alone", () =>
    Effect.gen(function* () {
      const { admin, env, standIn } = yield* staged({ sentItemsLagMillis: 1_500 })
      yield* line.insertInquiries(admin, 2)
      const before = yield* admin`select * from inquiries_mailer.outbox order by id`
      const { code, output } = yield* check(env, "--send", "you@example.com")
      assert.strictEqual(code, 0, output)
      for (const name of ["test: row", "test: mail", "test: sent", "test: in the mailbox"]) {
        assert.match(hop(output, name), /^ {2}✓ .* \d+ ms {2}/)
      }
      assert.include(
        hop(output, "test: in the mailbox"),
        "Message-ID, text part, HTML part, X-Auto-Response-Suppress, Reply-To"
      )
      const [mail] = standIn.mails
      assert.lengthOf(standIn.mails, 1)
      const parsed = yield* (mail ?? assert.fail("no mail")).parsed
      assert.match(parsed.subject ?? "", /^\[Test\] .*Question 2/)
      assert.deepStrictEqual(
        parsed.to?.map(({ address }) => address),
        ["you@example.com"]
      )
      assert.deepStrictEqual(yield* admin`select * from inquiries_mailer.outbox order by id`, before)
    }).pipe(silently)
  )

  it.live("invents a row where there is none, and does not know what it may not read", () =>
    Effect.gen(function* () {
      const { env, standIn } = yield* staged()
      standIn.faults.push(forbidden("messages"))
      const { code, output } = yield* check(env, "--send", "you@example.com")
      assert.strictEqual(code, 0, output)
      assert.match(hop(output, "test: row"), /is empty: one is made up/)
      assert.match(hop(output, "test: in the mailbox"), /^ {2}\? .*Mail\.Read/)
      assert.lengthOf(standIn.mails, 1)
      assert.include((yield* check(env, "--send", "a@b, c@d")).output, "must be one address")
    }).pipe(silently)
  )
})
