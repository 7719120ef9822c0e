// How the notices of one claim are shared among its tables, so that a full table holds up no other, and the places at Microsoft
// do not stand idle for tables in which nothing is due.

/** What a table gets in which nothing more was due: enough for what comes to it now and then. */
export const few = 4

/** So many of each table, one at least, where the last claim has taken all that it might of those that are `full`. */
export const shared = (limit: number, full: ReadonlyArray<boolean>): ReadonlyArray<number> => {
  const busy = full.filter((is) => is).length
  if (busy === 0 || busy === full.length) return evenly(limit, full.length)
  const least = Math.max(1, Math.min(few, Math.floor(limit / (2 * full.length))))
  const rest = evenly(limit - least * (full.length - busy), busy)
  let next = 0
  return full.map((is) => (is ? (rest[next++] ?? 0) : least))
}

const evenly = (limit: number, count: number): ReadonlyArray<number> =>
  Array.from({ length: count }, (_, index) => Math.floor((limit + index) / count))
