// `status`: how every configured database stands, from the running worker where one answers, else from the databases
// themselves, which know neither a worker's state nor its mailboxes. What cannot be asked is shown as that.
import { Console, DateTime, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import type { Database } from "../Database.ts"
import * as Expiry from "../Expiry.ts"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import type { Look } from "../fleet/Look.ts"
import { look } from "../fleet/Open.ts"
import { Operator } from "../Operator.ts"
import type { Endpoint } from "../Settings/Endpoint.ts"
import type { DatabaseStatus, StatusDocument } from "../StatusDocument.ts"
import { workerStatus } from "./askWorker.ts"
import { choose } from "./choose.ts"
import { settings } from "./settings.ts"
import { table } from "./statusTable.ts"

const flags = {
  database: Flag.String("database").pipe(
    Flag.optional,
    Flag.withDescription("Only this one, by its name, with what it mailed last.")
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDefault(false),
    Flag.withDescription("For a machine to read: the document of schema/status.schema.json.")
  )
}

interface Flags {
  readonly database: Option.Option<string>
  readonly json: boolean
}

const handler = Effect.fn("command.status")(function* ({ database, json }: Flags) {
  const { cluster, databases, endpoint } = yield* settings
  const chosen = yield* choose(databases, Option.getOrUndefined(database))
  const told = endpoint === undefined ? undefined : yield* fromWorker(endpoint, chosen)
  const seen = told === undefined && cluster !== undefined ? yield* look(databases, cluster) : undefined
  // What other workers of a cluster run, this one does not count.
  const elsewhere = new Set(told?.databases.flatMap(({ name, state }) => (state === "elsewhere" ? [name] : [])))
  const silent = told === undefined ? chosen : chosen.filter(({ name }) => elsewhere.has(name))
  const asked = yield* fromDatabases(silent, seen).pipe(Effect.provide(Operator.layer(databases)))
  const found = told === undefined ? asked : counted(told, asked)
  const now = yield* DateTime.now
  const document: StatusDocument = { ...found, databases: found.databases.map(withSecret(chosen)) }
  yield* Console.log(
    json
      ? JSON.stringify(document, undefined, 2)
      : [table(document, Option.isSome(database)), ...endings(chosen, now)].join("\n")
  )
  if (document.databases.some(({ condition, counts }) => condition === "down" || counts === null)) {
    return yield* new ExitStatus({ code: exitCodes.unavailable })
  }
})

/** Said by the settings, whoever is asked for the rest. */
const withSecret =
  (chosen: ReadonlyArray<Database>) =>
  (status: DatabaseStatus): DatabaseStatus => {
    const proof = chosen.find(({ name }) => name === status.name)?.credential.proof
    return proof?._tag === "Secret" && proof.expires !== undefined
      ? { ...status, clientSecretExpires: proof.expires }
      : status
  }

const endings = (chosen: ReadonlyArray<Database>, now: DateTime.Utc): ReadonlyArray<string> =>
  chosen.flatMap((database) => Expiry.findings(database, now).map(({ detail }) => `${database.name}: ${detail}`))

/** Undefined where none answers. A database that it does not watch, because its settings are older, is shown as that. */
const fromWorker = Effect.fnUntraced(
  function* (endpoint: Endpoint, chosen: ReadonlyArray<Database>) {
    const document = yield* workerStatus(endpoint)
    const databases = chosen.map(
      ({ name }) =>
        document.databases.find((each) => each.name === name) ??
        unasked(name, "the running worker does not watch it: restart it with these settings")
    )
    return { ...document, databases } satisfies StatusDocument
  },
  Effect.catchTag("NoAnswer", ({ reason }) => Effect.as(Console.error(`${reason}: asking the databases`), undefined))
)

const fromDatabases = Effect.fnUntraced(function* (chosen: ReadonlyArray<Database>, seen: Look | undefined) {
  const asked = yield* Effect.forEach(
    chosen,
    ({ name }) =>
      Operator.use(({ counts }) => counts(name)).pipe(
        Effect.map((counts): DatabaseStatus => ({
          ...unasked(name, null),
          state: counts.pausedSince === null ? "unknown" : "paused",
          counts
        })),
        Effect.catch(({ reason }) => Effect.succeed(unasked(name, reason)))
      ),
    { concurrency: "unbounded" }
  )
  const time = DateTime.formatIso(yield* DateTime.now)
  const databases = asked.map((each) => ({ ...each, runBy: seen?.runBy.get(each.name) ?? null }))
  const cluster = seen?.cluster ?? null
  const document: StatusDocument = { worker: null, time, condition: "unknown", cluster, databases }
  return document
})

const counted = (told: StatusDocument, asked: StatusDocument): StatusDocument => {
  const counts = new Map(asked.databases.map(({ counts, name }) => [name, counts]))
  return {
    ...told,
    databases: told.databases.map((each) => ({ ...each, counts: each.counts ?? counts.get(each.name) ?? null }))
  }
}

const unasked = (name: string, reason: string | null): DatabaseStatus => ({
  ...{ name, condition: "unknown", state: "unknown", reason, since: null, nextAttempt: null },
  ...{ crashes: null, restarts: null, mailbox: null, runBy: null, counts: null }
})

export const statusCommand = Command.make("status", flags, handler).pipe(
  Command.withDescription("How every database stands: its state, what waits, what was parked, what was mailed last.")
)
