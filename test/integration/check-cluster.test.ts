// `check` with a cluster: the database where workers meet is looked at apart from the watched ones, and what is wrong with
// it has its repair.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { freePort } from "../../scripts/stage/loopback.ts"
import { check, hop, repairs, runSql, sound } from "../support/check.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment, program } from "../support/worker.ts"

const staged = Effect.fnUntraced(function* () {
  const { admin, database, standIn } = yield* line.stage()
  const meeting = yield* freshDatabase()
  const role = `meets_${meeting.database}`
  const dropped = Effect.andThen(meeting.admin.unsafe(`drop owned by ${role}`), admin.unsafe(`drop role ${role}`))
  yield* Effect.acquireRelease(
    meeting.admin.unsafe(`create role ${role} login password '${line.passwordOf(database)}'`),
    () => Effect.ignore(dropped)
  )
  const { database: name, host, port } = meeting
  const env = (user: string, at: number = port) => ({
    ...environment(database, standIn.origin),
    CLUSTER_DATABASE_URL: `postgres://${user}:${line.passwordOf(database)}@${host}:${at}/${name}`
  })
  return { env, meeting, role }
})

const broken = Effect.fnUntraced(function* (env: Readonly<Record<string, string>>, name: string, why: RegExp) {
  const { code, output } = yield* check(env)
  assert.strictEqual(code, 1, output)
  assert.match(hop(output, name), why)
  return output
})

describe("check of a cluster's database", { timeout: 120_000 }, () => {
  it.live("finds what is missing to make its tables or to use them, and a worker can after the repair", () =>
    Effect.gen(function* () {
      const { env, meeting, role } = yield* staged()
      yield* runSql(meeting.admin, yield* broken(env(role), "tables", /are not there, and this user may not/), "tables")
      assert.match(hop(yield* sound(env(role)), "tables"), /are made by the first worker/)

      const first = yield* program(["run"], env(meeting.user))
      yield* first.says("runs 1 of 1 databases")
      yield* first.kill("SIGTERM")
      yield* first.ended
      yield* meeting.admin.unsafe(`revoke create on database ${meeting.database} from ${role}`)
      yield* runSql(meeting.admin, yield* broken(env(role), "tables", /may not read and write them/), "tables")
      assert.match(hop(yield* sound(env(role)), "tables"), /this user may read and write them/)
      const second = yield* program(["run"], env(role))
      yield* second.says("runs 1 of 1 databases")
    }).pipe(silently)
  )

  it.live("says that it cannot be reached, with the setting that says where it is, and looks at all else", () =>
    Effect.gen(function* () {
      const { env, meeting } = yield* staged()
      const output = yield* broken(env(meeting.user, yield* freePort), "port", /nothing accepts connections/)
      assert.match(repairs(output, "port", "set").join("\n"), /^CLUSTER_DATABASE_URL=postgres:\/\//)
      assert.include(output, "1 broken, 0 to note, 1 not known")
      assert.notInclude(output, "an-invented-secret")
    }).pipe(silently)
  )
})
