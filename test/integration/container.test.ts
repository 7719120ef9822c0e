// The Dockerfile and compose.yaml by hand, because a container engine is not everywhere: what Docker is sent is built in an empty
// folder, and what the image would hold runs as its user, with the settings of compose.yaml, from INSERT to mail.
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { freePort } from "../../scripts/stage/loopback.ts"
import { compose, composeFile, standInCommand } from "../deploy/compose.ts"
import { dockerfile, exec, read, said, sendContext } from "../deploy/dockerfile.ts"
import { folder, scratch, start } from "../support/container.ts"
import { freshDatabase } from "../support/freshDatabase.ts"

const { stages } = read(dockerfile)
const last = stages.at(-1)
const image = (instruction: string): ReadonlyArray<string> => (last && exec(said(last, instruction))) ?? []

/** `node` is Node as it runs this, and `/app` the folder. */
const argsIn = (app: string, words: ReadonlyArray<string>) => words.slice(1).map((word) => word.replace("/app", app))

/** What is in the image beside the settings. */
const imageEnv = Object.fromEntries((last ? said(last, "ENV") : "").split(" ").map((pair) => pair.split("=")))

/** The stage `build`, with the packages that are here instead of new ones. */
const build = Effect.fnUntraced(function* () {
  const context = yield* folder
  sendContext(context)
  fs.symlinkSync(join(process.cwd(), "node_modules"), join(context, "node_modules"))
  const { status, stderr } = spawnSync("npm", ["run", "build"], { cwd: context, encoding: "utf8" })
  assert.strictEqual(status, 0, stderr)
  const app = yield* folder
  fs.cpSync(join(context, "dist"), app, { recursive: true })
  return { context, app }
})

/** The row that compose.yaml proposes, as psql would be handed it. */
const proposed = /-c "(insert into [^"]+)"/.exec(composeFile.replaceAll(/\n# */g, " "))?.[1] ?? ""

describe("a container", () => {
  it.live(
    "migrates, mails what compose.yaml proposes to insert, says that it lives, and ends when it is told to",
    () =>
      Effect.gen(function* () {
        const { app, context } = yield* build()
        const database = yield* freshDatabase()
        yield* database.admin.unsafe(compose().configs.forms.content)
        const [port, standInPort] = [yield* freePort, yield* freePort]
        const env = {
          ...imageEnv,
          ...compose().services.worker.environment,
          PGHOST: database.host,
          PGPORT: String(database.port),
          PGDATABASE: database.database,
          PGUSER: database.user,
          PGPASSWORD: Redacted.value(database.password),
          PORT: String(port),
          GRAPH_EMULATOR_URL: `http://127.0.0.1:${standInPort}`
        }
        const worker = (words: ReadonlyArray<string>) =>
          start(app, argsIn(app, [...image("ENTRYPOINT"), ...words]), env)

        const migrate = yield* worker(compose().services.migrate.command ?? [])
        assert.strictEqual(yield* migrate.ended, 0, migrate.output())
        const running = yield* worker(image("CMD"))
        yield* running.says("listening")
        const standIn = yield* start(
          context,
          [...(standInCommand ?? []).slice(1, -1), String(standInPort)],
          // tsx keeps what it compiled in a folder that compose.yaml gives it as tmpfs.
          { TMPDIR: yield* scratch }
        )
        yield* standIn.says("answers at")
        yield* database.admin.unsafe(proposed)
        yield* standIn.says("2023 Honda Civic")

        const health = yield* start(app, argsIn(app, image("HEALTHCHECK")), env)
        assert.strictEqual(yield* health.ended, 0, health.output())
        running.kill("SIGTERM")
        assert.strictEqual(yield* running.ended, 0, running.output())
        const dead = yield* start(app, argsIn(app, image("HEALTHCHECK")), env)
        assert.strictEqual(yield* dead.ended, 1, dead.output())
      }).pipe(Effect.scoped, Effect.timeout("100 seconds")),
    120_000
  )
})
