// A process that starts a PostgreSQL, says where on one line, and waits to be killed.
import { Effect } from "effect"
import { writeSync } from "node:fs"
import * as Postgres from "../../scripts/stage/Postgres.ts"

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const { port, directory, pid } = yield* Postgres.start()
      writeSync(1, `${JSON.stringify({ port, directory, pid: yield* pid })}\n`)
      return yield* Effect.never
    })
  )
)
