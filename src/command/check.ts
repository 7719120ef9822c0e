// `check`: whether everything is set up right, with the exact repair of what is not. Exit 0 sound, 1 broken, 2 warnings.
import { Console, Effect, Logger, Option } from "effect"
import { Command, Flag } from "effect/cli"
import * as App from "../App.ts"
import { finding, type Hop, ok, set, unasked } from "../check/Hop.ts"
import * as Meeting from "../check/Meeting.ts"
import * as Secret from "../check/Secret.ts"
import * as Report from "../check/Report.ts"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import { clusterPlace } from "../Settings/Cluster.ts"
import * as Settings from "../Settings.ts"
import type { SettingsError } from "../Settings/SettingsError.ts"

const flags = {
  send: Flag.String("send").pipe(
    Flag.filter(
      (to) => /^[^\s@,;<>"]+@[^\s@,;<>"]+$/.test(to),
      (to) => `must be one address, and "${to}" is none`
    ),
    Flag.withDescription("Send a real test mail for each database to this address, and follow it."),
    Flag.withMetavar("address"),
    Flag.optional
  ),
  json: Flag.Boolean("json").pipe(Flag.withDefault(false), Flag.withDescription("For a machine to read."))
}

interface Flags {
  readonly send: Option.Option<string>
  readonly json: boolean
}

const handler = Effect.fn("command.check")(
  function* ({ json, send }: Flags) {
    const say = (checked: Report.Checked) =>
      json ? Effect.void : Effect.forEach(Report.lines(checked), (line) => Console.log(line), { discard: true })
    const loaded = yield* Effect.result(Settings.load)
    const settings = {
      name: "settings",
      hops: loaded._tag === "Success" ? right(loaded.success) : wrong(loaded.failure)
    }
    yield* say(settings)
    const checks = loaded._tag === "Success" ? yield* prepare(loaded.success, Option.getOrUndefined(send)) : []
    const one = Effect.fnUntraced(function* ({ hops, name }: App.Prepared) {
      const checked: Report.Checked = { name, hops: yield* hops }
      yield* say(checked)
      return checked
    })
    // Each says its lines when it has them all: one that hangs holds up no other.
    const checked = yield* Effect.forEach(checks, one, { concurrency: "unbounded" })
    const all = [settings, ...checked]
    yield* Console.log(json ? Report.document(all) : Report.summary(all))
    const verdict = Report.verdict(all)
    if (verdict === "broken") return yield* new ExitStatus({ code: exitCodes.broken })
    if (verdict === "warning") return yield* new ExitStatus({ code: exitCodes.warnings })
  },
  Effect.scoped,
  // What is to be said is said by the hops.
  Effect.provide(Logger.layer([]))
)

const right = ({ alertEmail, databases, webhook }: Settings.Settings): ReadonlyArray<Hop> => [
  unasked("settings", ok(`complete and valid, for ${databases.map(({ name }) => name).join(", ")}`)),
  ...Secret.alerts(databases, alertEmail, webhook !== undefined)
]

const wrong = ({ issues }: SettingsError): ReadonlyArray<Hop> =>
  issues.map(({ at, example, problem }) => unasked(at, finding("broken", problem, set(example))))

const prepare = ({ cluster, databases, places }: Settings.Settings, to: string | undefined) =>
  App.checks(
    databases.flatMap((database, index) => {
      const place = places[index]
      return place === undefined ? [] : [{ database, ...place }]
    }),
    to
  ).pipe(
    Effect.map((checks) =>
      cluster === undefined
        ? checks
        : [{ name: "the cluster's database", hops: Meeting.hops({ database: cluster, ...clusterPlace }) }, ...checks]
    )
  )

export const checkCommand = Command.make("check", flags, handler).pipe(
  Command.withDescription(
    "Look whether everything is set up right, and say how to repair what is not. Changes nothing."
  )
)
