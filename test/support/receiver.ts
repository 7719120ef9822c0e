// Who hears of incidents, over real HTTP.
import { Effect } from "effect"
import { createServer } from "node:http"
import { listen } from "../../scripts/stage/loopback.ts"

export interface Told {
  readonly event: string
  readonly kind: string
  readonly database: string
  readonly table?: string
  readonly text: string
}

/** Takes everything at `url`, whose path is a secret; `bodies` are as they came. */
export const receiver = Effect.fn("receiver")(function* () {
  const bodies: Array<string> = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk: Buffer) => (body += chunk.toString()))
    request.on("end", () => {
      bodies.push(body)
      response.writeHead(204).end()
    })
  })
  const port = yield* listen(server)
  const told = (): ReadonlyArray<Told> => bodies.map((body) => JSON.parse(body) as Told)
  const awaitTold = (count: number): Effect.Effect<void> =>
    Effect.suspend(() => (bodies.length >= count ? Effect.void : Effect.delay(awaitTold(count), "20 millis")))
  return { url: `http://127.0.0.1:${port}/hooks/a-Secret-Part`, bodies, told, awaitTold }
})
