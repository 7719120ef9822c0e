// What a page that is open is told, as server-sent events: everything once, then only cards that changed. One who reads
// slowly is told less often, and then of all that changed meanwhile at once. So many pages at once, not more.
import { Duration, Effect } from "effect"
import { type Answer, refusal } from "./Answer.ts"
import type { Board } from "./Board.ts"
import type { Hello } from "./Card.ts"

/** Each keeps a connection; health checks and commands need some, too. */
export const most = 24
/** Half of the silence after which the server takes a visitor for gone, and the page the server. */
const beat = Duration.seconds(10)

const event = (name: string, json: string): string => `event: ${name}\ndata: ${json}\n\n`

/** Answers each page that wants to follow. */
export const make = (board: Board, hello: Effect.Effect<Hello>): Effect.Effect<Answer> => {
  let open = 0
  const tell = Effect.fnUntraced(function* (write: (text: string) => Effect.Effect<void>) {
    yield* write(event("hello", JSON.stringify(yield* hello)))
    let seen: number | null = null
    while (true) {
      const { cards, change } = board.since(seen)
      if (cards.length > 0) yield* write(event("cards", `[${cards.join(",")}]`))
      seen = change
      const waited = yield* Effect.timeoutOption(board.after(change), beat)
      if (waited._tag === "None") yield* write(": still here\n\n")
    }
  })
  const follow: Answer["follow"] = (write) =>
    Effect.acquireUseRelease(
      Effect.sync(() => open++),
      () => board.watched(tell(write)),
      () => Effect.sync(() => open--)
    )
  return Effect.sync(() =>
    open >= most
      ? refusal(503, `${most} pages are open already: close one, or try again later`, { "retry-after": "30" })
      : {
          status: 200,
          type: "text/event-stream; charset=utf-8",
          body: "",
          // A proxy that collects before it passes on would make it late.
          headers: { "x-accel-buffering": "no" },
          follow
        }
  )
}
