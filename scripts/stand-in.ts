// The stand-in for Microsoft's login and Graph alone, at the port of loopback in its argument, for a worker that somebody else
// started: compose.yaml does. Every mail that it accepts is printed and goes nowhere.
import { Console, Effect, PubSub } from "effect"
import { showMail } from "./demo/show.ts"
import * as GraphStandIn from "./stage/GraphStandIn.ts"
import { launch } from "./stage/launch.ts"

const port = Number(process.argv[2])

const standIn = Effect.gen(function* () {
  const { mails, onMail, origin } = yield* GraphStandIn.start({ port })
  const arrivals = yield* onMail
  yield* Console.log(`a stand-in for Microsoft answers at ${origin}, and prints what it is sent`)
  while (true) {
    const mail = yield* PubSub.take(arrivals)
    yield* Console.log(yield* showMail(mail, mails.indexOf(mail) + 1))
  }
})

launch(Effect.scoped(standIn))
