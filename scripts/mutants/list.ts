// The mutants. Who adds a promise adds its mutant to the list of its room.
import * as ahead from "./list/ahead.ts"
import * as aheadTrigger from "./list/aheadTrigger.ts"
import * as begun from "./list/begun.ts"
import * as burst from "./list/burst.ts"
import * as cluster from "./list/cluster.ts"
import * as delivery from "./list/delivery.ts"
import * as fresh from "./list/fresh.ts"
import * as lowWater from "./list/lowWater.ts"
import * as mail from "./list/mail.ts"
import * as keys from "./list/keys.ts"
import * as mailer from "./list/mailer.ts"
import * as many from "./list/many.ts"
import * as monitor from "./list/monitor.ts"
import * as outbox from "./list/outbox.ts"
import * as page from "./list/page.ts"
import * as receipt from "./list/receipt.ts"
import * as upkeep from "./list/upkeep.ts"
import type { Mutant } from "./Mutant.ts"

export const mutants: ReadonlyArray<Mutant> = [
  ...outbox.mutants,
  ...begun.mutants,
  ...fresh.mutants,
  ...aheadTrigger.mutants,
  ...ahead.mutants,
  ...lowWater.mutants,
  ...delivery.mutants,
  ...burst.mutants,
  ...keys.mutants,
  ...mailer.mutants,
  ...mail.mutants,
  ...monitor.mutants,
  ...many.mutants,
  ...page.mutants,
  ...receipt.mutants,
  ...upkeep.mutants,
  ...cluster.mutants
]
