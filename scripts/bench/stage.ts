// What the measurements share: a database with the table of inquiries on the server, the worker and the floor as child
// processes on it, and `migrate` as an operator would run it.
import { PgClient } from "@effect/sql-pg"
import { Console, Effect } from "effect"
import { Reactivity } from "effect/reactivity"
import { spawn, type SpawnOptions } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Postgres from "../stage/Postgres.ts"
import * as samples from "../stage/samples.ts"
import type { Contestant } from "./contestant.ts"

/** As many connections as the most clients that INSERT at once. */
const clients = 32

export const postgres = Effect.andThen(
  Console.log("starting PostgreSQL, with durability on …"),
  Effect.suspend(() => Postgres.start())
)

export const furnish = Effect.fnUntraced(function* (server: Postgres.Server, database: string) {
  yield* server.createDatabase(database)
  const { host, password, port, user: username } = server
  const sql = yield* PgClient.make({ host, port, database, username, password, maxConnections: clients }).pipe(
    Effect.provide(Reactivity.layer)
  )
  yield* sql.unsafe(samples.inquiries.createTable)
  return sql
})

export const path = process.env["PATH"] ?? ""

export const floor = (server: Postgres.Server, origin: string): Contestant => ({
  name: "floor",
  // One client for all queries, which a later pg will refuse.
  args: ["--no-deprecation", "scripts/bench/floor.mjs"],
  env: { PATH: path, FROM_EMAIL: "noreply@example.com", DATABASE_URL: server.url("floor"), GRAPH: origin }
})

/** The built program under default settings, one mailbox a database. */
export const worker = (
  server: Postgres.Server,
  origin: string,
  databases: ReadonlyArray<string>,
  ...flags: ReadonlyArray<string>
): Contestant => {
  const env: Record<string, string> = { PATH: path, GRAPH_EMULATOR_URL: origin }
  for (const [index, database] of databases.entries()) {
    const number = index === 0 ? "" : `_${index + 1}`
    Object.assign(env, {
      [`DATABASE_URL${number}`]: server.url(database),
      [`TABLE${number}`]: "inquiries",
      [`TEMPLATE${number}`]: "inquiry",
      [`TENANT_ID${number}`]: "tenant",
      [`CLIENT_ID${number}`]: "client",
      [`CLIENT_SECRET${number}`]: "none",
      [`FROM_EMAIL${number}`]: `noreply${number}@example.com`,
      [`TO_EMAIL${number}`]: "sales@example.com"
    })
  }
  return { name: "worker", args: [...flags, "dist/main.js", "run"], env }
}

/** Runs it to its end, which has to be a good one. */
export const ran = (command: string, args: ReadonlyArray<string>, options: SpawnOptions) =>
  Effect.callback<void, string>((resume) => {
    spawn(command, args, options).once("exit", (code) =>
      resume(code === 0 ? Effect.void : Effect.fail(`${command} ${args.join(" ")} ended with ${code}`))
    )
  })

export const migrate = ({ env }: Contestant) =>
  ran(process.execPath, ["dist/main.js", "migrate"], { env, stdio: "inherit" })

/** Gone with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "inquiries-mailer-bench-"))),
  (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
)
