// `receipt --print`: the receipt of yesterday as it would be mailed now, for a look or a test. Mails nothing, claims nothing.
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { exitCodes, ExitStatus } from "../ExitStatus.ts"
import { toText } from "../OperatorMail.ts"
import * as Receipt from "../Receipt.ts"
import { refuse } from "./choose.ts"
import { settings } from "./settings.ts"

const flags = {
  print: Flag.Boolean("print").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Show it here and now. Mailing it is the worker's business.")
  )
}

const handler = Effect.fn("command.receipt")(function* ({ print }: { readonly print: boolean }) {
  const { databases, receipt } = yield* settings
  if (!print) return yield* refuse("say --print to see it here; the worker mails it once a day to RECEIPT_EMAIL")
  const { complete, content } = yield* Receipt.look(databases, receipt.timeZone)
  yield* Console.log(`${content.subject}\n\n${toText(content.blocks).trimEnd()}`)
  if (!complete) return yield* new ExitStatus({ code: exitCodes.unavailable })
})

export const receiptCommand = Command.make("receipt", flags, handler).pipe(
  Command.withDescription("The daily receipt: whether every row of yesterday was mailed, counted in the tables.")
)
