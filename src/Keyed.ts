// How a notice is found by the key of its row. Each of two indexes has the beginning of a key, because a long one does not fit
// into any, and each another length of it, so that a question fits one of them only, whatever the planner takes them for.

/** Characters of a key: in outbox_key, which has the unsettled notices, and in outbox_seen, which has the settled ones. */
export type Length = 300 | 301

/** SQL: whether a notice is for this key of this table. What decides is the whole key. */
export const forKey = (notice: string, number: string, key: string, length: Length): string =>
  `${notice}.table_number = ${number} and left(${notice}.key, ${length}) = left(${key}, ${length}) collate "C" and ${notice}.key = ${key}`
