// What the workers said, read from their log: in which state each database is for each of them, and which mails they
// know as settled. The only thing that the judge believes them is that they had noticed an outage.
import { Option, Schema } from "effect"

const decode = Schema.decodeUnknownOption(
  Schema.fromJsonString(
    Schema.Struct({
      message: Schema.String,
      database: Schema.optionalKey(Schema.String),
      notice: Schema.optionalKey(Schema.String),
      outcome: Schema.optionalKey(Schema.String)
    })
  )
)

interface Trouble {
  readonly at: number
  readonly database: string
  /** Of a connection, or of sending. */
  readonly of: "database" | "mail"
}

export class WorkerLog {
  readonly troubles: Array<Trouble> = []
  /** When a worker first said of a notice that it was sent. */
  readonly sent = new Map<string, number>()
  /** Outcomes that a worker had to end without writing. */
  readonly unwritten = new Set<string>()
  /** Databases at work, by the worker's name. */
  private readonly working = new Map<string, Set<string>>()

  isWorking(worker: string, database: string): boolean {
    return this.working.get(worker)?.has(database) === true
  }

  /** A process has ended, and says nothing more. */
  ended(worker: string): void {
    this.working.delete(worker)
  }

  hear(worker: string, line: string): void {
    const said = Option.getOrUndefined(decode(line))
    if (said?.database === undefined) return
    const { database, message, notice, outcome } = said
    const at = Date.now()
    const working = this.working.get(worker) ?? new Set()
    this.working.set(worker, working)
    if (message.startsWith("listening")) working.add(database)
    else if (message.startsWith("another worker runs it")) working.delete(database)
    else if (/^(waiting|blocked until|quarantined|crashed)/.test(message)) {
      working.delete(database)
      this.troubles.push({ at, database, of: "database" })
    } else if (message.startsWith("nothing is sent") || outcome === "postponed") {
      this.troubles.push({ at, database, of: "mail" })
    }
    if (notice === undefined) return
    if (outcome === "sent" && !this.sent.has(notice)) this.sent.set(notice, at)
    if (message.startsWith("its outcome could not be written")) this.unwritten.add(notice)
  }
}
