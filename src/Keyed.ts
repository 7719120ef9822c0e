// How a notice is found by the key of its row. Each of two indexes has the beginning of a key, because a long one does not fit
// into any, and each another length of it, so that a question fits one of them only, whatever the planner takes them for.

/** Characters of a key: in outbox_key, which has the unsettled notices, and in outbox_seen, which has the settled ones. */
type Length = 300 | 301

/** SQL: whether a notice is for this key of this table. What decides is the whole key. */
export const forKey = (notice: string, number: string, key: string, length: Length): string =>
  `${notice}.table_number = ${number} and left(${notice}.key, ${length}) = left(${key}, ${length}) collate "C" and ${notice}.key = ${key}`

/**
 * SQL: these columns of all notices `u` for a key, whatever became of them. Each half has the wording and the length of its
 * index: what is unsettled, and what is settled.
 */
export const noticesFor = (columns: string, number: string, key: string): string => {
  const half = (length: Length, which: string) =>
    `select ${columns} from inquiries_mailer.outbox u where ${forKey("u", number, key, length)} and ${which} offset 0`
  return `((${half(300, "coalesce(u.outcome, '') = ''")}) union all (${half(301, "u.outcome is not null")}))`
}
