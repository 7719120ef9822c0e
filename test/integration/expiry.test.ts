// The end of a secret as an operator meets it, in `status` and `check` of the built program.
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

describe("a client secret that ends in six days", () => {
  it.live("is named by status and check, and by neither where nobody has said it", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const day = DateTime.formatIsoDateUtc(DateTime.add(yield* DateTime.now, { days: 6 }))
      const env = environment(database, standIn.origin)
      const ending = { ...env, CLIENT_SECRET_EXPIRES: day, ALERT_EMAIL: "it@example.com" }
      const said = Effect.fnUntraced(function* (args: ReadonlyArray<string>, variables: Record<string, string>) {
        return yield* (yield* program(args, variables)).ended
      })
      const status = yield* said(["status"], ending)
      assert.strictEqual(status.code, 0, status.output)
      assert.include(
        status.output,
        `autos: The client secret of application ${database.credential.clientId} ends on ${day}`
      )
      const document = JSON.parse((yield* said(["status", "--json"], ending)).output) as {
        readonly databases: ReadonlyArray<{ readonly clientSecretExpires?: string }>
      }
      assert.strictEqual(document.databases[0]?.clientSecretExpires, day)
      const check = yield* said(["check"], ending)
      assert.match(check.output, new RegExp(`! client secret +ends on ${day}, [56] days from now`))
      assert.match(check.output, /! alerts by mail +there is one application only/)
      assert.notInclude((yield* said(["status"], env)).output, "client secret")
      assert.notInclude((yield* said(["check"], env)).output, "client secret")
    }).pipe(silently)
  )
})
