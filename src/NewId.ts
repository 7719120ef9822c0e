// The identity of a notice, which its Message-ID comes from, is given to it by whoever first acts upon it, and is its own from
// then on. An INSERT of the customer's need not pay for it, nor for the index on it: together a quarter of what it would pay.

import { randomUUID } from "node:crypto"

// A UUID of version 8 (RFC 9562, 5.8): a random byte, the time in steps of 65 ms, the version and 70 random bits. So new
// ones come in only 256 places of the index, which are at hand however many notices are settled. 78 random bits are more than
// anybody guesses of a Message-ID. The time does not come first, as in version 7: the planner, when it sees that notices lie
// in the order of their ids, looks a whole batch up once for each notice of it. Few steps, because each costs.
export const newId = `encode(set_byte(
  overlay(uuid_send(gen_random_uuid()) placing substr(timestamptz_send(clock_timestamp()), 2, 5) from 2), 6, 128), 'hex')::uuid`

/** The same, made by whoever will act upon it, with the time of his clock in milliseconds of the epoch. */
export const madeAt = (now: number): string => {
  const bytes = Buffer.from(randomUUID().replaceAll("-", ""), "hex")
  bytes.writeUIntBE(Math.floor(((now - Date.UTC(2000, 0)) * 1_000) / 65_536), 1, 5)
  bytes[6] = 0x80
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}

/** Of no notice. */
export const nil = "00000000-0000-0000-0000-000000000000"

/** SQL: gives notice `o` an id, unless it has one. */
export const named = `id = coalesce(o.id, ${newId})`

/** SQL: the id of a notice, for comparing which is newer: one that nobody has acted upon is newer than one that has an id. */
export const rankOf = (id: string): string => `coalesce(${id}, 'ffffffff-ffff-ffff-ffff-ffffffffffff')`
