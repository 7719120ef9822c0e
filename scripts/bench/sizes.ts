// What the size of a row costs: how fast a backlog of small and of huge rows is worked off, and what of it is the worker's.
import { Console, Effect } from "effect"
import * as GraphStandIn from "../stage/GraphStandIn.ts"
import { start } from "./contestant.ts"
import { furnish, migrate, postgres, worker } from "./stage.ts"

/** Bytes of the message, and rows of that size. */
const sizes = [
  { bytes: 200, rows: 4_000 },
  { bytes: 2_000, rows: 4_000 },
  { bytes: 20_000, rows: 1_000 },
  { bytes: 200_000, rows: 500 }
] as const
const warmUp = 2_000

export const rowSizes = Effect.gen(function* () {
  const server = yield* postgres
  const standIn = yield* GraphStandIn.start({ headersOnly: () => true })
  const sql = yield* furnish(server, "worker")
  const contestant = worker(server, standIn.origin, ["worker"])
  yield* migrate(contestant)
  const { cost } = yield* start(contestant)
  // Words, because text without a space is an exception in many places.
  const insert = (rows: number, bytes: number) => sql`
    insert into inquiries (name, email, subject, message)
    select 'Jane Doe', 'jane' || n || '@example.com', '2023 Honda Civic', repeat('still for sale? ', ${bytes / 16}::integer)
    from generate_series(1, ${rows}::integer) n`
  const drained = Effect.fnUntraced(function* (rows: number, bytes: number) {
    const goal = standIn.mails.length + rows
    const before = yield* cost
    yield* insert(rows, bytes)
    const committed = performance.now()
    yield* standIn.awaitMails(goal)
    const took = (performance.now() - committed) / 1_000
    const after = yield* cost
    return `| ${bytes.toLocaleString("en")} | ${(rows / took).toFixed(0)} | ${(((after.cpu - before.cpu) / rows) * 1_000).toFixed(2)} | ${(after.peak / 1_048_576).toFixed(0)} MB |`
  })
  yield* drained(warmUp, 200)
  const lines = yield* Effect.forEach(sizes, ({ bytes, rows }) =>
    Effect.andThen(
      Console.log(`${rows.toLocaleString("en")} rows of ${bytes.toLocaleString("en")} bytes …`),
      drained(rows, bytes)
    )
  )
  const head = ["| bytes of the message | rows/s | ms of processor a mail | memory at its peak |", "|--:|--:|--:|--:|"]
  yield* Console.log(`\n${[...head, ...lines].join("\n")}\n`)
})
