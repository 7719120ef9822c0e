// The standing of a mailbox as a pure state machine, against random histories.
import { assert, describe, it } from "@effect/vitest"
import { Duration, Schema } from "effect"
import { Blocked } from "../../src/Mailer.ts"
import * as Gate from "../../src/Mailer/Gate.ts"
import { blocked, throttled, transient } from "./samples.ts"

describe("the states of a gate", () => {
  const Step = Schema.Struct({
    wait: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400_000 })),
    starts: Schema.Boolean,
    otherwise: Schema.Literals(["Sent", "Nothing", "Blocked", "Throttled", "Transient"]),
    which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))
  })

  it.prop(
    "in any history a block lets one send in at a time, and no closed gate stays closed for ever",
    [Schema.Array(Step).check(Schema.isMinLength(20))],
    ([steps]) => {
      const outcomes = { Blocked: blocked, Throttled: throttled(50), Transient: transient }
      let state = Gate.open
      let now = 0
      let flying: ReadonlyArray<Gate.State> = []
      for (const step of steps) {
        now += step.wait
        if (step.starts) {
          const [refused, next] = Gate.admit(state, now)
          // The time of its probe tells a block from those before it.
          const probing = flying.some(
            (ticket) => ticket._tag === "Blocked" && "probeAt" in state && ticket.probeAt === state.probeAt
          )
          if (probing) assert.isDefined(refused, "a second send was let in beside the probe")
          state = next
          if (refused === undefined) flying = [...flying, next]
        } else if (flying.length > 0) {
          const index = step.which % flying.length
          const ticket = flying[index]!
          flying = flying.toSpliced(index, 1)
          const outcome =
            step.otherwise in outcomes
              ? outcomes[step.otherwise as keyof typeof outcomes]
              : { _tag: step.otherwise as "Sent" | "Nothing" }
          state = Gate.settle(state, ticket, outcome, now)
        }
        assert.isAtMost(flying.filter((ticket) => ticket._tag === "Blocked" && ticket === state).length, 1)
        if (state._tag === "Blocked" && state.probe) assert.include(flying, state)
        const at = Gate.standing(state, now)
        if (at._tag === "Closed") {
          assert.isAbove(Duration.toMillis(at.wait), 0)
          assert.isAtMost(Duration.toMillis(at.wait), Duration.toMillis(Gate.probing.last))
          const later = Gate.standing(state, now + Duration.toMillis(Gate.probing.last))
          if (!(at.reason instanceof Blocked && flying.includes(state))) assert.notStrictEqual(later._tag, "Closed")
        }
      }
    }
  )
})
