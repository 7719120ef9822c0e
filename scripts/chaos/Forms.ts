// The customers: they insert rows all the while, one by one and in bulk, and know of each row whether it was committed.
// They insert again only what surely was not; a row of which that is unclear is read back at the end.
import { Deferred, Effect, Random, Scope, Exit } from "effect"
import * as Client from "./Client.ts"

export interface Place {
  /** Also its name in the log. */
  readonly name: string
  readonly url: string
  readonly tables: ReadonlyArray<string>
}

interface Written {
  readonly database: string
  readonly at: number
}

export class Forms {
  /** Rows that the server said were committed, by their token. */
  readonly acknowledged = new Map<string, Written>()
  /** Rows that may have been. */
  readonly unclear = new Map<string, Written>()
  private number = 0

  get count(): number {
    return this.acknowledged.size + this.unclear.size
  }

  /** Tokens for rows to come. */
  tokens(count: number): ReadonlyArray<string> {
    return Array.from({ length: count }, () => token(++this.number))
  }

  note(tokens: ReadonlyArray<string>, database: string, at: number, clear: boolean): void {
    for (const token of tokens) (clear ? this.acknowledged : this.unclear).set(token, { database, at })
  }
}

const token = (number: number) => `chaos${String(number).padStart(7, "0")}`

const address = /\b(chaos\d{7})@example\.com/g

/** Whether a mail is of one row: then the customer's address is where answers go. */
export const isOfOne = (headers: string): boolean => headers.search(address) !== -1

/** The tokens of the rows that a mail tells of; in a digest they stand in its text, and not all of them in its HTML. */
export const tokensIn = (raw: string): ReadonlyArray<string> => {
  const [headers = ""] = raw.split("\r\n\r\n", 1)
  const searched = isOfOne(headers) ? headers : textOf(raw)
  return [...new Set([...searched.matchAll(address)].flatMap(([, token]) => token ?? []))]
}

const textOf = (raw: string): string => {
  const [, encoding, text = ""] =
    /^Content-Type: text\/plain;.*\r\nContent-Transfer-Encoding: (\w+)\r\n\r\n([^]*?)\r\n--/m.exec(raw) ?? []
  return encoding === "base64" ? Buffer.from(text, "base64").toString("utf8") : text
}

export const insertion = (tokens: ReadonlyArray<string>, table = "inquiries") =>
  `insert into ${table} (name, email, subject, message)
   select 'Jane Doe', token || '@example.com', '2023 Honda Civic', 'Is it still for sale?'
   from unnest(array['${tokens.join("','")}']) token`

/** One in so many inserts is in bulk. */
const bulk = { oneIn: 30, least: 10, most: 60 }

/** Writes `rows` into one place, evenly until `endsAt`, and goes on at that pace until `enough`. */
export const fill = Effect.fn("Forms.fill")(function* (
  forms: Forms,
  { name, tables, url }: Place,
  rows: number,
  seconds: number,
  enough: Deferred.Deferred<void>
) {
  const startedAt = Date.now()
  const rate = rows / seconds / 1000
  let open: { readonly scope: Scope.Closeable; readonly client: Client.Client } | undefined
  let written = 0
  const disconnect = Effect.suspend(() => (open === undefined ? Effect.void : Scope.close(open.scope, Exit.void)))
  const connected = Effect.gen(function* () {
    if (open?.client.isOpen() === true) return open.client
    yield* disconnect
    open = undefined
    const scope = yield* Scope.make()
    const client = yield* Scope.provide(Client.connect(url), scope)
    open = { scope, client }
    return client
  })
  yield* Effect.addFinalizer(() => disconnect)

  while (written < rows || !(yield* Deferred.isDone(enough))) {
    const early = startedAt + written / rate - Date.now()
    if (early > 0) yield* Effect.sleep(early)
    const inBulk = (yield* Random.nextIntBetween(0, bulk.oneIn)) === 0
    const tokens = forms.tokens(inBulk ? yield* Random.nextIntBetween(bulk.least, bulk.most) : 1)
    const table = tables[yield* Random.nextIntBetween(0, tables.length, { halfOpen: true })]
    while (true) {
      const at = Date.now()
      const failed = yield* connected.pipe(
        Effect.flatMap((client) => client.query(insertion(tokens, table))),
        Effect.as(undefined),
        Effect.catch((failed) => Effect.succeed(failed))
      )
      if (failed === undefined || !failed.certain) {
        forms.note(tokens, name, at, failed === undefined)
        break
      }
      yield* Effect.sleep(100)
    }
    written += tokens.length
  }
}, Effect.scoped)
