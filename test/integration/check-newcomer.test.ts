// A newcomer's way to a working set-up: `check` in an empty folder, what it prints, and `check` again, until it ends with 0.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as GraphStandIn from "../../scripts/stage/GraphStandIn.ts"
import * as samples from "../../scripts/stage/samples.ts"
import { DatabaseName } from "../../src/Database.ts"
import { check, type Environment, runCommands, runSql, setVariables, sound } from "../support/check.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import * as line from "../support/line.ts"
import { missing, pooled } from "../support/pooler.ts"
import { silently } from "../support/quiet.ts"
import { environment } from "../support/worker.ts"

const secret = "an-invented-secret"
const names = ["autos", "quotes", "contacts"] as const
const suffix = (index: number) => (index === 0 ? "" : `_${index + 1}`)
const shared = new Set(["PATH", "GRAPH_EMULATOR_URL", "LOG_FORMAT"])

/** What `check` says of one database. */
const about = (output: string, name: string): string => {
  const [, after = assert.fail(output)] = output.split(`\n${name}\n`)
  return after.split(/\n(?=\S)/)[0] ?? ""
}

describe("check alone", () => {
  it.live.skipIf(missing !== undefined)(
    "leads from an empty folder, three bare databases, a wrong secret, a disabled trigger and a pooler to what works",
    () =>
      Effect.gen(function* () {
        const { clientId, tenantId } = line.credentialAt("")
        const standIn = yield* GraphStandIn.start({ credentials: [{ clientId, tenantId, clientSecret: secret }] })
        const fresh = yield* Effect.forEach(names, () => freshDatabase())
        const tables = [samples.inquiries, samples.quoteRequests, samples.contactSubmissions]
        for (const [index, { admin }] of fresh.entries()) yield* admin.unsafe(tables[index]!.createTable)
        const direct = fresh.map((each, index) =>
          line.databaseAt(each, standIn.origin, { name: DatabaseName.make(names[index] ?? "") })
        )
        const through = yield* pooled(direct[2]!, "transaction")
        let env: Environment = {}
        for (const [index, database] of [direct[0]!, direct[1]!, through].entries()) {
          for (const [name, value] of Object.entries(environment(database, standIn.origin))) {
            env = {
              ...env,
              [shared.has(name) ? name : name + suffix(index)]: name === "CLIENT_SECRET" ? "wrong" : value
            }
          }
        }

        const first = yield* check(env)
        assert.strictEqual(first.code, 1, first.output)
        for (const name of names) yield* runCommands(env, about(first.output, name), "outbox")
        yield* fresh[0]!.admin`alter table inquiries disable trigger user`

        const second = yield* check(env)
        assert.strictEqual(second.code, 1, second.output)
        yield* runSql(fresh[0]!.admin, about(second.output, "autos"), "trigger public.inquiries")
        const { host, port } = fresh[2]!
        for (const [index, name] of names.entries()) {
          const known = { [`CLIENT_SECRET${suffix(index)}`]: secret }
          env = setVariables(env, about(second.output, name), "token", known)
        }
        const known = { PGHOST_3: host, PGPORT_3: String(port) }
        env = setVariables(env, about(second.output, "contacts"), "notifications", known)
        yield* sound(env)
      }).pipe(silently),
    120_000
  )
})
