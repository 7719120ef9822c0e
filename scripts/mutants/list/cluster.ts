// Mutants of the processes that share databases: who takes what, from whom, and when it is given.
import type { Mutant } from "../Mutant.ts"

const turn = "test/fleet/Turn.test.ts"
const fleet = "test/Fleet.test.ts"

export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "a cluster takes from those it could not hear",
    file: "src/fleet/Turn.ts",
    find: `fromDead: phase === "steady"`,
    replace: "fromDead: true",
    test: turn,
    says: "takes nothing from the silent while it has not watched for long enough to know them gone"
  },
  {
    name: "a cluster forgets what it ran",
    file: "src/fleet/Turn.ts",
    find: "recovering ? new Set([...planned, ...runs]) : planned",
    replace: "planned",
    test: turn,
    says: "stops nothing right after an outage, and takes again what the storage has forgotten"
  },
  {
    name: "a cluster divides a mailbox by who knows some of it",
    file: "src/fleet/Plan.ts",
    find: "knows.get(mailbox)?.length === all.size",
    replace: "knows.has(mailbox)",
    test: "test/fleet/Plan.test.ts",
    says: "gives what only one process knows to that one, and a mailbox to who knows all of its databases"
  },
  {
    name: "a cluster waits for a process that hangs at its end",
    file: "src/fleet/Member.ts",
    find: "now - leavingSince >= Duration.toMillis(handover)",
    replace: "now - leavingSince >= 60_000",
    test: fleet,
    says: "gives a mailbox once its last send has ended, but on its own end after two seconds whatever hangs"
  },
  {
    name: "a cluster gives what still sends",
    file: "src/fleet/Member.ts",
    find: ".every((name) => !slots.isRunning(name))",
    replace: ".every(() => true)",
    test: fleet,
    says: "gives a mailbox once its last send has ended, but on its own end after two seconds whatever hangs"
  },
  {
    name: "a cluster shares what has no outbox",
    file: "src/fleet/Units.ts",
    find: `if (capture !== "outbox") continue`,
    replace: "void capture",
    test: "test/fleet/Units.test.ts",
    says: "leaves out databases where there may be no outbox, as a handover would forget rows there"
  },
  {
    name: "a cluster measures the backlog of what another worker runs",
    file: "src/fleet/Slots.ts",
    find: "Effect.andThen(Metrics.setBacklog(name, nothing), self.elsewhere)",
    replace: "self.elsewhere",
    test: fleet,
    says: "measures no backlog of what another process runs"
  }
]
