// The end of a run: everything works again, all workers are deployed once more (a start also looks for rows that no
// trigger captured), and then each row has to arrive and each notice to be settled. Reads back what was committed.
import { Effect } from "effect"
import type { Arena, Place, Reconcile } from "./Arena.ts"
import { insist } from "./Client.ts"
import type { Forms } from "./Forms.ts"
import { deploy } from "./workerFaults.ts"

/** The last uncertain send is looked for until 5 minutes later; without looks the backoff and a dead worker's lease count. */
const patience: Readonly<Record<Reconcile, number>> = { resend: 300_000, mailbox: 900_000 }
/** And this for each row that still waits, in a long run: 50 a second. */
const patienceARow = 20
const tick = 1_000

type Committed = Map<string, { readonly database: string; readonly at: number }>

/** What stands in the tables, whatever the forms believe. */
const readBack = (arena: Arena, forms: Forms) =>
  Effect.gen(function* () {
    const committed: Committed = new Map()
    for (const { name, url } of arena.places) {
      for (const { token } of yield* insist(url, "select split_part(email, '@', 1) as token from written")) {
        const written = forms.acknowledged.get(String(token)) ?? forms.unclear.get(String(token))
        committed.set(String(token), written ?? { database: name, at: 0 })
      }
    }
    return committed
  })

const unsettled = ({ url }: Place) =>
  Effect.map(
    insist(url, "select count(*)::integer as count from inquiries_mailer.outbox where outcome is null"),
    ([row]) => Number(row?.["count"])
  )

const parked = ({ url }: Place) =>
  Effect.map(
    insist(
      url,
      `select split_part(email, '@', 1) as token from inquiries_mailer.outbox o join written i on i.id::text = o.key
       where outcome = 'parked'`
    ),
    (rows) => rows.map(({ token }) => String(token))
  )

/** Resolves with what was committed and what was parked: when all is done, or when there is no more hope. */
export const drain = Effect.fn("Drain.drain")(function* (
  arena: Arena,
  forms: Forms,
  reconcile: Reconcile,
  say: (line: string) => Effect.Effect<void>
) {
  for (const worker of arena.workers) {
    yield* Effect.scoped(deploy.strike({ arena, places: arena.places, workers: [worker] }))
  }
  const committed = yield* readBack(arena, forms)
  const since = Date.now()
  const left = () => [...committed.keys()].filter((token) => !arena.arrived.has(token)).length
  const allowed = patience[reconcile] + left() * patienceARow
  const minutes = Math.ceil(allowed / 60_000)
  yield* say(
    `nothing goes wrong any more, ${committed.size} rows stand in the tables: at most ${minutes} minutes until all are mailed`
  )
  let notices = 1
  while ((left() > 0 || notices > 0) && Date.now() - since < allowed) {
    yield* Effect.sleep(tick)
    notices = (yield* Effect.forEach(arena.places, unsettled)).reduce((sum, count) => sum + count, 0)
  }
  if (notices > 0) arena.problems.push(`${notices} notices are not settled after ${minutes} minutes`)
  const aside = yield* Effect.forEach(arena.places, parked)
  return { committed, parked: new Set(aside.flat()) }
})
