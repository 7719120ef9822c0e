// The settings, complete and valid, or every mistake in them at once. The only code that reads the environment and `.env`.
// Secrets leave it as Redacted and stand in no error.
import { parseEnv } from "node:util"
import { Effect, type FileSystem, type Redacted, Result, Schema } from "effect"
import type * as Otlp from "./Otlp.ts"
import type { Database } from "./Database.ts"
import { build } from "./Settings/Build.ts"
import type { Cluster } from "./fleet/Open.ts"
import { clusterIssues, clusterOf } from "./Settings/Cluster.ts"
import { Databases } from "./Settings/Document.ts"
import { type Endpoint, endpointOf } from "./Settings/Endpoint.ts"
import { fieldAt, fieldNames } from "./Settings/Fields.ts"
import { json, namedIn } from "./Settings/Json.ts"
import { makingVariables, numbered } from "./Settings/Numbered.ts"
import { readText, unreadable } from "./Settings/Pem.ts"
import { inTheClear, otelOf } from "./Settings/Otel.ts"
import { type Place, placesOf } from "./Settings/Place.ts"
import { problemsOf } from "./Settings/Problems.ts"
import { rules } from "./Settings/Rules.ts"
import {
  cloudOf,
  isServiceName,
  type Log,
  logOf,
  serviceExample,
  serviceFields,
  serviceVariables,
  webhookOf
} from "./Settings/Service.ts"
import { SettingsError, type SettingsIssue } from "./Settings/SettingsError.ts"
import { type Told, toldOf } from "./Settings/Told.ts"
import { type Environment, environment, type Path, type Problem, type Source } from "./Settings/Source.ts"
import { inUrl } from "./Settings/Url.ts"

export interface Settings extends Told {
  readonly databases: ReadonlyArray<Database>
  readonly log: Log
  /** Where alerts go; undefined if nobody wants to hear. */
  readonly webhook: Redacted.Redacted | undefined
  /** Where HTTP is served; absent if it is not. */
  readonly endpoint: Endpoint | undefined
  /** Where traces, metrics and log lines go; absent if they are not exported. */
  readonly otel: Otlp.Options | undefined
  /** Where workers meet that share the databases; undefined if this one watches them all. */
  readonly cluster: Cluster | undefined
  /** What the settings of each database are called, in the same order. */
  readonly places: ReadonlyArray<Place>
}

type Variables = Readonly<Record<string, string | undefined>>

const decode = Schema.decodeUnknownEffect(
  Schema.Struct({ ...serviceFields, databases: Schema.optionalKey(Databases) }),
  {
    errors: "all",
    onExcessProperty: "error"
  }
)

const nothingSet: SettingsIssue = {
  at: "DATABASE_URL",
  problem:
    "no database is configured: set DATABASE_URL, TENANT_ID, CLIENT_ID, CLIENT_SECRET, FROM_EMAIL and TO_EMAIL, " +
    "or MAILER_DATABASES (JSON), or MAILER_CONFIG (a JSON file)",
  example: "MAILER_CONFIG=databases.json"
}

const failed = (source: Source, issue: SettingsIssue): Source => ({ ...source, issues: [issue, ...source.issues] })

const fromFile = Effect.fnUntraced(function* (path: string, env: Environment) {
  const read = yield* Effect.result(readText(path.trim()))
  if (Result.isSuccess(read)) return { text: read.success, source: json("MAILER_CONFIG", read.success, env) }
  const issue = { at: "MAILER_CONFIG", problem: unreadable(read.failure), example: "MAILER_CONFIG=databases.json" }
  return { text: "", source: failed(numbered(new Map()), issue) }
})

const findSource = Effect.fnUntraced(function* (env: Environment) {
  const inline = env.get("MAILER_DATABASES")
  const path = env.get("MAILER_CONFIG")
  if (inline === undefined && path === undefined) {
    const source = numbered(env)
    return source.entries === undefined && source.issues.length === 0 ? failed(source, nothingSet) : source
  }
  const at = inline === undefined ? "MAILER_CONFIG" : "MAILER_DATABASES"
  const { text, source } =
    inline === undefined
      ? yield* fromFile(path ?? "", env)
      : { text: inline, source: json("MAILER_DATABASES", inline, env) }
  const more = [
    ...(inline !== undefined && path !== undefined ? ["MAILER_CONFIG"] : []),
    ...makingVariables(env, namedIn(text))
  ]
  const problem = `is set together with ${more.join(", ")}: databases may be written in one place only, unset one of them`
  return more.length === 0 ? source : failed(source, { at, problem, example: `unset ${more.join(" ")}` })
})

/** Entries in their order, and the settings of one in the order of Fields.ts. */
const place = ([entry = -1, ...path]: Path): number => {
  const name = fieldAt(path)
  return Number(entry) * fieldNames.length + (name === undefined ? 0 : fieldNames.indexOf(name))
}

const isWithin = (path: Path, outer: Path): boolean => outer.every((key, index) => path[index] === key)

/** One mistake, one issue: what only follows from another is left out, such as a setting missing because it is misspelt. */
const databaseIssues = (source: Source, found: ReadonlyArray<Problem>): ReadonlyArray<SettingsIssue> => {
  const causes = [
    ...source.problems.map(({ path }) => path),
    ...found.flatMap(({ like }) => (like === undefined ? [] : [like]))
  ]
  return [...source.problems, ...found.filter(({ path }) => !causes.some((cause) => isWithin(path, cause)))]
    .toSorted((left, right) => place(left.path) - place(right.path))
    .map(({ path, problem, like }) => ({
      at: source.at(path),
      problem: source.within(path) + problem,
      example: source.example(like ?? path)
    }))
}

const withoutFirst = ({ path, problem, like }: Problem): Problem => ({
  path: path.slice(1),
  problem,
  ...(like === undefined ? {} : { like: like.slice(1) })
})

const serviceIssue = ({ path: [name, part], problem: wrong }: Problem): ReadonlyArray<SettingsIssue> => {
  const problem = part === undefined ? wrong : inUrl(part, wrong)
  return isServiceName(name) ? [{ at: name, problem, example: serviceExample(name) }] : []
}

/** `terminal` says whether the log is read by a person: the default of LOG_FORMAT. */
export const fromEnvironment = Effect.fn("Settings.fromEnvironment")(function* (
  variables: Variables,
  terminal: boolean
): Effect.fn.Return<Settings, SettingsError, FileSystem.FileSystem> {
  const env = environment(variables)
  const source = yield* findSource(env)
  const shared = serviceVariables(env)
  const raw = { ...shared, ...(source.entries === undefined ? {} : { databases: source.entries }) }
  const decoded = yield* Effect.result(decode(raw))
  const problems = Result.isFailure(decoded) ? problemsOf(decoded.failure.issue) : []
  const inDatabases = problems.filter(({ path }) => path[0] === "databases").map(withoutFirst)
  const [first, ...others] = [
    ...source.issues,
    ...databaseIssues(source, [...rules(source), ...inDatabases]),
    ...[...problems, ...inTheClear(shared)].flatMap(serviceIssue)
  ]
  if (first !== undefined) return yield* new SettingsError({ issues: [first, ...others] })
  const { databases = [], ...service } = Result.getOrThrow(decoded)
  const built = build(databases, cloudOf(service))
  const cluster = clusterOf(service)
  const [mistaken] = clusterIssues(cluster, built)
  if (mistaken !== undefined) return yield* new SettingsError({ issues: [mistaken] })
  return {
    databases: built,
    log: logOf(service, terminal),
    webhook: webhookOf(service),
    ...toldOf(service),
    endpoint: endpointOf(service),
    otel: otelOf(service),
    cluster,
    places: placesOf(source)
  }
})

/** A folder of that name is a Python environment, as the replaced system may have left one behind. */
const dotEnv = readText(".env").pipe(
  Effect.map((content): Variables => parseEnv(content)),
  Effect.catch((tag) =>
    tag === "NotFound" || tag === "BadResource"
      ? Effect.succeed<Variables>({})
      : new SettingsError({
          issues: [{ at: ".env", problem: "is there but cannot be read", example: "chmod u+r .env" }]
        })
  )
)

export const load = Effect.gen(function* () {
  const file = yield* dotEnv
  // oxlint-disable-next-line node/no-process-env -- the one place that reads it
  const own = process.env
  return yield* fromEnvironment(Object.fromEntries(environment(file, own)), process.stdout.isTTY === true)
}).pipe(Effect.withSpan("Settings.load"))
