// Port: what the processes of a cluster know of one another, and which of them has taken what. Kept in one database of
// its own, never in a watched one.
import { Context, type Effect } from "effect"
import type { Outage } from "../State.ts"
import type { Knowledge } from "./Units.ts"

/** A process that was heard of lately. */
export interface Peer {
  readonly id: string
  /** What it knows, see `knowledge`. */
  readonly digest: string
  /** It takes nothing any more, and gives what it has. */
  readonly leaving: boolean
}

export class Store extends Context.Service<
  Store,
  {
    /** Says that this process is there, and hears who is. */
    readonly beat: (leaving: boolean) => Effect.Effect<ReadonlyArray<Peer>, Outage>
    /** Who is there. */
    readonly peers: Effect.Effect<ReadonlyArray<Peer>, Outage>
    /** Says what this process knows; again within a day. */
    readonly publish: Effect.Effect<void, Outage>
    /** What processes with this digest know; undefined if none has said it. */
    readonly knowledge: (digest: string) => Effect.Effect<Knowledge | undefined, Outage>
    /** What this process has taken and nobody took from it. */
    readonly held: Effect.Effect<ReadonlySet<string>, Outage>
    /** Takes what nobody has, with `fromDead` also what somebody has who was not heard of for long. Tells what it got. */
    readonly take: (keys: ReadonlyArray<string>, fromDead: boolean) => Effect.Effect<ReadonlyArray<string>, Outage>
    readonly give: (keys: ReadonlyArray<string>) => Effect.Effect<void, Outage>
    /** By what was taken, who has it. */
    readonly owners: Effect.Effect<ReadonlyMap<string, string>, Outage>
    /** Gives everything, and is no longer there. */
    readonly leave: Effect.Effect<void, Outage>
  }
>()("inquiries-mailer/fleet/Store") {}
