// What one turn of a process leads to, from what it sees: a pure function. While the storage was away nobody was heard of,
// so for a while afterwards nobody counts as gone and nothing changes hands that somebody has.

export interface View {
  /** What this process runs. */
  readonly runs: ReadonlySet<string>
  /** What the storage says that it has. */
  readonly held: ReadonlySet<string>
  /** What the plan wants it to run. */
  readonly planned: ReadonlySet<string>
  /** `leaving` is its own end, `recovering` the time after an outage of the storage, `new` the same at its start. */
  readonly phase: "steady" | "new" | "recovering" | "leaving"
}

export interface Turn {
  readonly take: ReadonlyArray<string>
  readonly fromDead: boolean
  /** To stop, as somebody else is to run it, and then to give. */
  readonly stop: ReadonlySet<string>
}

export const turn = ({ held, phase, planned, runs }: View): Turn => {
  if (phase === "leaving") return { take: [], fromDead: false, stop: new Set() }
  const recovering = phase === "recovering"
  // A storage that was restored has forgotten what was taken.
  const wanted = recovering ? new Set([...planned, ...runs]) : planned
  return {
    take: [...wanted].filter((key) => !held.has(key)),
    fromDead: phase === "steady",
    stop: new Set(recovering ? [] : [...held].filter((key) => !planned.has(key)))
  }
}
