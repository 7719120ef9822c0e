// Who is to run what: a pure function of who is there and what each knows, so that all who see the same agree without
// a word. A mailbox goes to somebody who knows all of its databases; the shares are even, and few move when one comes or goes.
import { createHash } from "node:crypto"
import { type Knowledge, piece } from "./Units.ts"

export interface Member {
  readonly id: string
  readonly knows: Knowledge
}

/** Something that one member runs: a mailbox with its databases, or one database where nobody knows all of its mailbox. */
interface Part {
  readonly key: string
  /** How many databases it is. */
  readonly size: number
  readonly seed: number
  readonly able: ReadonlyArray<number>
}

/** By part, the member that is to run it. What nobody knows is in no part. */
export const plan = (members: ReadonlyArray<Member>): ReadonlyMap<string, string> => {
  const seeds = members.map(({ id }) => seedOf(id))
  const parts = partsOf(members)
  const load = members.map(() => 0)
  const total = parts.reduce((sum, { size }) => sum + size, 0)
  const share = Math.ceil(total / Math.max(1, members.length))
  const planned = new Map<string, string>()
  for (const { able, key, seed, size } of parts) {
    let chosen: number | undefined
    let best = -1
    for (const member of able) {
      if ((load[member] ?? 0) + size > share) continue
      const score = mix(seed ^ (seeds[member] ?? 0))
      if (score > best) [best, chosen] = [score, member]
    }
    // Too large for anybody's share, or known to few.
    chosen ??= able.reduce((least, member) => ((load[member] ?? 0) < (load[least] ?? 0) ? member : least), able[0] ?? 0)
    load[chosen] = (load[chosen] ?? 0) + size
    planned.set(key, members[chosen]?.id ?? "")
  }
  return planned
}

const partsOf = (members: ReadonlyArray<Member>): ReadonlyArray<Part> => {
  const everybody = members.map((_, index) => index)
  const kinds = new Set(members.map(({ knows }) => knows))
  const mailboxes = new Map<string, Set<string>>()
  for (const knows of kinds) {
    for (const [mailbox, databases] of knows) {
      const all = mailboxes.get(mailbox) ?? new Set()
      for (const database of databases) all.add(database)
      mailboxes.set(mailbox, all)
    }
  }
  const knowing = (able: (knows: Knowledge) => boolean): ReadonlyArray<number> => {
    const some = new Set([...kinds].filter(able))
    if (some.size === kinds.size) return everybody
    return members.flatMap(({ knows }, index) => (some.has(knows) ? [index] : []))
  }
  const parts: Array<Part> = []
  for (const [mailbox, all] of mailboxes) {
    const seed = seedOf(mailbox)
    const whole = knowing((knows) => knows.get(mailbox)?.length === all.size)
    if (whole.length > 0) {
      parts.push({ key: mailbox, size: all.size, seed, able: whole })
      continue
    }
    for (const database of all) {
      const able = knowing((knows) => knows.get(mailbox)?.includes(database) === true)
      parts.push({ key: piece(mailbox, database), size: 1, seed, able })
    }
  }
  // The large ones first, as they are hard to place; else in an order that says nothing.
  return parts.toSorted(
    (left, right) => right.size - left.size || left.seed - right.seed || (left.key < right.key ? -1 : 1)
  )
}

/** 31 bits. */
const seedOf = (text: string): number => createHash("sha256").update(text).digest().readUInt32BE() >>> 1

/** Murmur's finaliser: for each part an order of the members of its own. */
const mix = (value: number): number => {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
