// Whether the workers tell the truth of themselves while everything goes wrong: what /healthz and /readyz answer against
// what their log says, what they alert of, and in the end their counts against what was committed.
import { Effect } from "effect"
import { createServer } from "node:http"
import { countLimit } from "../../src/Counts.ts"
import { listen } from "../stage/loopback.ts"
import type { Worker } from "./Worker.ts"

/** A log line and an answer may overtake each other; what they still disagree on after so many looks is a lie. */
const patience = 4
const lookEvery = 500
const answerTimeout = 5_000
/** Counts are answered a few seconds old. */
const settling = 30_000
/** Nothing of this sort happens for long enough, or at all. */
const untrue = new Set(["unreachable", "quarantine", "parked", "fuse", "trigger"])

interface Told {
  readonly kind: string
  readonly body: string
}

interface Standing {
  readonly name: string
  readonly state: string
  readonly condition: string
}

interface Status {
  readonly databases: ReadonlyArray<
    Standing & {
      readonly runBy: string | null
      readonly counts: { readonly waiting: number; readonly sent: number } | null
    }
  >
}

export class Witness {
  readonly problems: Array<string> = []
  readonly told: Array<Told> = []
  looks = 0
  /** Looks at which a database was away. */
  away = 0
  private readonly disagreed = new Map<string, number>()

  /** One look: the state that was answered, and whether the log says that the database is at work. */
  saw(worker: string, { name, state }: Standing, working: boolean): void {
    const key = `${worker} ${name}`
    this.looks++
    if (!working) this.away++
    const agreed = working === (state === "listening")
    const times = agreed ? 0 : (this.disagreed.get(key) ?? 0) + 1
    this.disagreed.set(key, times)
    if (times === patience) this.problems.push(`${worker} answers that ${name} is ${state}, and its log knows better`)
  }

  /** What was alerted of, at the end. `secrets` must not stand in it. */
  judgeAlerts(blocked: boolean, secrets: ReadonlyArray<string>): void {
    for (const { body, kind } of this.told) {
      if (untrue.has(kind) || (kind === "blocked" && !blocked)) this.problems.push(`an alert was not true: ${body}`)
      if (secrets.some((secret) => body.includes(secret))) this.problems.push(`an alert of ${kind} holds a secret`)
    }
  }

  summary(): string {
    const kinds = this.told.map(({ kind }) => kind).join(", ")
    return `${this.looks} answers of the workers on their databases were compared with their log, ${this.away} while one was away; alerts: ${kinds === "" ? "none" : kinds}`
  }
}

/** Takes alerts for as long as the scope lives. Returns its address. */
export const receive = Effect.fnUntraced(function* (witness: Witness) {
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk: Buffer) => void (body += chunk.toString()))
    request.on("end", () => {
      witness.told.push({ kind: /"kind":"(\w+)"/.exec(body)?.[1] ?? "unknown", body })
      response.end()
    })
  })
  return `http://127.0.0.1:${yield* Effect.orDie(listen(server))}/hook`
})

const ask = (port: number, path: string) =>
  Effect.tryPromise(async (signal) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal })
    return await response.text()
  }).pipe(
    Effect.timeout(answerTimeout),
    Effect.orElseSucceed(() => undefined)
  )

/** Looks at one worker for ever. What is down or frozen, or was so meanwhile, need not answer. */
export const watch = Effect.fnUntraced(function* (
  witness: Witness,
  worker: Worker,
  port: number,
  isWorking: (database: string) => boolean
) {
  let answered: number | undefined
  while (true) {
    yield* Effect.sleep(lookEvery)
    const generation = worker.generation()
    if (generation === undefined) continue
    const health = yield* ask(port, "/healthz")
    const text = yield* ask(port, "/readyz")
    if (worker.generation() !== generation) continue
    if (health !== undefined && text !== undefined) {
      answered = generation
      const { databases } = JSON.parse(text) as { readonly databases: ReadonlyArray<Standing> }
      for (const standing of databases) witness.saw(worker.name, standing, isWorking(standing.name))
    } else if (answered === generation) {
      witness.problems.push(`${worker.name} lives and does not answer /healthz or /readyz`)
      return
    }
  }
})

/** Of each database what one worker says of it that is not so. */
const wrongOf = Effect.fnUntraced(function* (
  port: number,
  committed: ReadonlyMap<string, number>
): Effect.fn.Return<ReadonlyArray<Wrong>> {
  const text = yield* ask(port, "/api/status")
  const metrics = (yield* ask(port, "/metrics")) ?? ""
  const { databases } = JSON.parse(text ?? '{"databases":[]}') as Status
  return [...committed].map(([name, rows]) => {
    const one = databases.find((each) => each.name === name)
    const isIn = (state: string) =>
      metrics.includes(`inquiries_mailer_database_state{database="${name}",state="${state}"} 1`)
    if (one?.state === "elsewhere" && isIn("elsewhere")) return { name, elsewhere: one.runBy, wrong: undefined }
    const measured = isIn("listening")
    const counted = one?.counts?.sent === rows || rows >= countLimit
    const right = one?.condition === "sound" && one.counts?.waiting === 0 && counted && measured
    const said = `${name}: ${rows} rows, metrics ${measured ? "right" : "wrong"}, status ${JSON.stringify(one)}`
    return { name, elsewhere: undefined, wrong: right ? undefined : said }
  })
})

interface Wrong {
  readonly name: string
  /** Who runs it instead, by its word; undefined if it runs it itself. */
  readonly elsewhere: string | null | undefined
  readonly wrong: string | undefined
}

/** Everybody runs every database or, in a cluster, exactly one does, and all others know which one that is. */
export const misshared = (all: ReadonlyArray<Wrong>, workers: number, cluster: boolean): ReadonlyArray<string> =>
  [...new Set(all.map(({ name }) => name))].flatMap((name) => {
    const own = all.filter((each) => each.name === name)
    const others = own.filter(({ elsewhere }) => elsewhere !== undefined)
    const owners = new Set(others.map(({ elsewhere }) => elsewhere))
    const right = cluster ? workers - 1 : 0
    if (others.length === right && owners.size <= 1 && !owners.has(null)) return []
    return [`${name} is run by ${workers - others.length} of ${workers} workers, others name ${[...owners].join(", ")}`]
  })

/** At the end: every worker is ready, nothing waits, and as many were mailed as were committed. */
export const finish = Effect.fnUntraced(function* (
  witness: Witness,
  ports: ReadonlyArray<number>,
  committed: ReadonlyMap<string, number>,
  cluster: boolean
) {
  const until = Date.now() + settling
  let wrong: ReadonlyArray<string> = []
  do {
    const all = (yield* Effect.forEach(ports, (port) => wrongOf(port, committed))).flat()
    wrong = [...all.flatMap(({ wrong }) => wrong ?? []), ...misshared(all, ports.length, cluster)]
    if (wrong.length > 0) yield* Effect.sleep(lookEvery)
  } while (wrong.length > 0 && Date.now() < until)
  if (wrong.length > 0) witness.problems.push(`in the end a worker says what is not so: ${wrong.join("; ")}`)
})
