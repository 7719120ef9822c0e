// How a mailbox stands, in words for the log.
import { Duration, Effect } from "effect"
import { explain, type Standing } from "./Mailer.ts"

export const say = (standing: Standing): Effect.Effect<void> => {
  switch (standing._tag) {
    case "Open":
      return Effect.logInfo("the mailbox can be used again")
    case "Probe":
      return Effect.logInfo("trying one mail, to see whether the mailbox can be used again")
    case "Closed": {
      const next = `tried again in ${Duration.format(standing.wait)}`
      const log = standing.reason._tag === "Blocked" ? Effect.logError : Effect.logWarning
      return log(`nothing is sent: ${explain(standing.reason)}`).pipe(Effect.annotateLogs({ next }))
    }
  }
}
