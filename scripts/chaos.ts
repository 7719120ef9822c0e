// `npm run chaos`: two workers on three databases, or three in a cluster that share them, while everything goes wrong in a
// random order that its seed repeats. Ends with a table, and with an error unless every row was mailed, none twice without
// need, and nothing is left running.
import { Console, Effect, Option } from "effect"
import { Command, Flag } from "effect/cli"
import { randomInt } from "node:crypto"
import { chaos } from "./chaos/run.ts"
import { launch } from "./stage/launch.ts"

/** From here on every fault has to hit sends ten times. */
const long = { rows: 100_000, least: 10 }
const least = (rows: number) => (rows >= long.rows ? long.least : 1)

/** Long enough for each fault once. A long run inserts more than is mailed beside it all, so that faults meet a backlog. */
const secondsFor = (rows: number) => Math.max(150, Math.ceil(rows / 80))

Command.make(
  "chaos",
  {
    rows: Flag.Int("rows").pipe(
      Flag.withDescription("How many rows are inserted; the faults last accordingly"),
      Flag.withDefault(3_000)
    ),
    seed: Flag.Int("seed").pipe(
      Flag.withDescription("Of the random order; another one each time if not given"),
      Flag.optional
    ),
    reconcile: Flag.Literals("reconcile", ["resend", "mailbox"]).pipe(
      Flag.withDescription("What becomes of mails that may have been sent; with mailbox none may come twice"),
      Flag.withDefault("resend" as const)
    ),
    cluster: Flag.Boolean("cluster").pipe(
      Flag.withDescription("Three workers share the databases, and where they meet goes away, too"),
      Flag.withDefault(false)
    ),
    log: Flag.String("log").pipe(Flag.withDescription("A file for what the workers say"), Flag.optional)
  },
  ({ cluster, log, reconcile, rows, seed }) =>
    chaos({
      ...{ rows, reconcile, cluster, seconds: secondsFor(rows), least: least(rows) },
      ...{ only: undefined, print: Console.log },
      seed: Option.getOrElse(seed, () => randomInt(1_000_000)),
      logFile: Option.getOrUndefined(log)
    }).pipe(Effect.andThen(Console.log("✓ every row was mailed, and what was promised held")))
).pipe(Command.run({ version: "chaos" }), launch)
