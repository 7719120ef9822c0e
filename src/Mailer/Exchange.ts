// One request and its answer: what happens on its way, and what is told of it, once. An object a request, because this is
// the hot path: its limits are kept by one field of it, and not by a closure for each.
import type * as Http from "node:http"
import { type Clock, Data, Duration, Effect, Predicate } from "effect"
import { elapsedOf } from "../Elapsed.ts"
import { type Established, unconnected } from "./Agents.ts"
import type { Deadline, Deadlines, Waiting } from "./Deadlines.ts"

export interface Answer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Empty if it was too long, broke off or did not end in time: nobody may decide on it. */
  readonly body: string
}

/** There is no status. */
export class Lost extends Data.TaggedError("Lost")<{
  /** There was no connection: the server saw nothing of the request. */
  readonly unsent: boolean
  /** The operating system's or OpenSSL's word for what went wrong, for example ECONNREFUSED. */
  readonly code: string
}> {}

/** A body is worth no longer wait, and an endless one must not cost the status that came before it. */
export const bodyTimeout = Duration.seconds(1)
/** Bytes. */
const bodyLimit = 64_000

/** What nobody says, but the clock. */
const late = new Lost({ unsent: false, code: "no answer in time" })
const lateToWrite = new Lost({ unsent: true, code: "no connection in time" })

export class Exchange implements Deadline {
  readonly #call: Http.ClientRequest
  readonly #deadlines: Deadlines
  readonly #clock: Clock.Clock
  readonly #waiting: Waiting
  readonly #tell: (told: Effect.Effect<Answer, Lost>) => void
  /** By when an answer has to be there, see `elapsed`. */
  readonly #until: number
  #answer: Http.IncomingMessage | undefined
  #chunks: Array<Buffer> | undefined
  #length = 0

  /** Tells of a request that is not written yet; only the first that is told counts. An answer has to be there within `time`. */
  constructor(
    call: Http.ClientRequest,
    deadlines: Deadlines,
    clock: Clock.Clock,
    time: Duration.Duration,
    tell: (told: Effect.Effect<Answer, Lost>) => void
  ) {
    this.#call = call
    this.#deadlines = deadlines
    this.#clock = clock
    this.#tell = tell
    this.#until = elapsedOf(clock) + Duration.toMillis(time) - Duration.toMillis(bodyTimeout)
    this.#waiting = deadlines.set(this, this.#until)
    // Stays for as long as the request does: an error after the status must not end the process, nor cost the status.
    call.on("error", (error) => {
      if (this.#answer === undefined) this.#end(Effect.fail(lost(error)))
    })
    call.once("response", (answer) => this.#read(answer))
  }

  /**
   * Writes the request as soon as it has a connection, and not before: what is written earlier waits in this process, and when
   * that was frozen goes out before any timer is asked, though somebody else has sent the mail by then.
   */
  write(body: string | undefined, encoding: BufferEncoding, established: Established): void {
    const call = this.#call
    call.once("socket", (socket) => {
      if (call.reusedSocket) return this.#put(body, encoding)
      socket.once(established, () => {
        if (elapsedOf(this.#clock) < this.#until) this.#put(body, encoding)
        else this.giveUp()
      })
    })
  }

  /** Head and body are one string to Node, which `end` would gather from two: that costs a mail a twentieth. */
  #put(body: string | undefined, encoding: BufferEncoding) {
    if (body !== undefined) this.#call.write(body, encoding)
    this.#call.end()
  }

  giveUp(): void {
    if (this.#answer !== undefined) return this.#answered("")
    this.#end(Effect.fail(this.#call.writableEnded ? late : lateToWrite))
    this.#call.destroy()
  }

  /** Nobody wants to know any more. */
  readonly leave: Effect.Effect<void> = Effect.sync(() => {
    this.#deadlines.lift(this.#waiting)
    this.#call.destroy()
  })

  #read(answer: Http.IncomingMessage) {
    this.#answer = answer
    this.#deadlines.move(this.#waiting, elapsedOf(this.#clock) + Duration.toMillis(bodyTimeout))
    answer.on("data", (chunk: Buffer) => {
      this.#length += chunk.length
      if (this.#length > bodyLimit) return this.#answered("")
      this.#chunks ??= []
      this.#chunks.push(chunk)
    })
    const whole = () => (this.#chunks === undefined ? "" : Buffer.concat(this.#chunks).toString())
    answer.once("end", () => whenFree(() => this.#answered(whole())))
    // Whatever breaks off ends with this, and with an error before it.
    answer.once("close", () => whenFree(() => this.#answered("")))
    answer.on("error", ignored)
  }

  #answered(body: string) {
    const answer = this.#answer
    if (answer === undefined) return
    this.#end(Effect.succeed({ status: answer.statusCode ?? 0, headers: headersOf(answer.rawHeaders), body }))
    if (!answer.complete) answer.destroy()
  }

  #end(told: Effect.Effect<Answer, Lost>) {
    this.#deadlines.lift(this.#waiting)
    this.#tell(told)
  }
}

const ignored = () => {}

/** The agent takes a connection back one tick after the end of its answer: who asks sooner is given another one. */
const whenFree = process.nextTick

/** By name, the first of each; Node would look at each header closely. */
const headersOf = (raw: ReadonlyArray<string>): Record<string, string> => {
  const headers: Record<string, string> = {}
  for (let at = 0; at + 1 < raw.length; at += 2) headers[raw[at]?.toLowerCase() ?? ""] ??= raw[at + 1] ?? ""
  return headers
}

const lost = (error: Error): Lost => new Lost({ unsent: unconnected.has(error), code: codeOf(error) })

export const codeOf = (error: unknown): string =>
  Predicate.hasProperty(error, "code") && typeof error.code === "string" && /^[A-Z0-9_]{1,60}$/.test(error.code)
    ? error.code
    : "no reason given"
