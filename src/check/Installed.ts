// The outbox: whether `migrate` was here, whether this program and it fit together, and whether this is still the database
// that it was made in.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import type { Capture } from "../Database.ts"
import * as Identity from "../Identity.ts"
import { orOutage } from "../SqlOutage.ts"
import { finding, ok, run } from "./Hop.ts"

/** By the catalog, which everybody may read. */
const isThere = Effect.gen(function* () {
  const client = yield* SqlClient
  const [there] = yield* orOutage(client`
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'inquiries_mailer' and c.relname = 'outbox'`)
  return there !== undefined
})

export const outbox = Effect.fnUntraced(function* (capture: Capture) {
  if (!(yield* isThere)) {
    const migrate = run("inquiries-mailer migrate")
    return capture === "auto"
      ? finding("warning", "is not installed: a restart forgets what waits", migrate)
      : finding("broken", "is not installed", migrate)
  }
  yield* Identity.check
  return ok("is this program's, made in this database")
})
