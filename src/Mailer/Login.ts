// Who signs in at Microsoft, loaded when it is needed: MSAL is a quarter of the program, and no start waits for it. A file of
// it that is missing or broken is a crash of whoever needs a token, never a mail that waits without a word.
import { Effect } from "effect"
import type { Credential } from "../Credential.ts"

/** Dies where the file cannot be loaded; the runtime keeps what was loaded once. */
const msal = Effect.promise(() => import("./Msal.ts"))

export const acquire = (credential: Credential) => Effect.flatMap(msal, (loaded) => loaded.acquire(credential))

/**
 * Ahead of the first token, so that the first mail does not wait for it: when a start is over, which it would only slow down. A
 * token that is needed earlier loads it at once.
 */
export const ahead = Effect.delay(Effect.asVoid(msal), "1 second").pipe(
  Effect.catchCause(() =>
    Effect.logError("what signs in at Microsoft cannot be loaded; whoever needs a token will crash and say why")
  )
)
