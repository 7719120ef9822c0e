// graphile-worker as a contestant, only when it is asked for: its package is installed into a folder of its own, which goes
// when the measurement ends, and is no dependency of this project.
import { Console, Effect } from "effect"
import type { StdioOptions } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type * as Postgres from "../stage/Postgres.ts"
import type { Contestant } from "./contestant.ts"
import { folder, path, ran } from "./stage.ts"

/** The newest that runs on this Node. */
const version = Number(process.versions.node.split(".")[0]) >= 22 ? "0.18.0" : "0.16.6"
const name = `graphile-worker ${version}`

/** What its users write: one job a row. */
export const trigger = (table: string): ReadonlyArray<string> => [
  `create function add_job_${table}() returns trigger language plpgsql as
    $$ begin perform graphile_worker.add_job('mail', json_build_object('id', new.id)); return new; end $$`,
  `create trigger add_job after insert on ${table} for each row execute function add_job_${table}()`
]

const quiet = ["ignore", "ignore", "inherit"] satisfies StdioOptions

const installed = Effect.tap(folder, (cwd) => {
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ private: true }))
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
  return Effect.andThen(
    Console.log(`installing ${name} …`),
    ran("npm", [...args, `graphile-worker@${version}`], { cwd, stdio: quiet })
  )
})

/** On that database, where its tables are made. */
export const peer = Effect.fn("peer")(function* (server: Postgres.Server, database: string, origin: string) {
  const script = "scripts/bench/peer.mjs"
  const env = {
    ...{ PATH: path, FROM_EMAIL: "noreply@example.com", GRAPH: origin },
    ...{ DATABASE_URL: server.url(database), PEER: yield* installed }
  }
  yield* ran(process.execPath, [script, "migrate"], { env, stdio: quiet })
  const contestant: Contestant = { name, args: [script], env }
  return contestant
})
