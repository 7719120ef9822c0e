// Which known word a misspelt one was meant to be, if any is near enough. The misspelt word itself is never quoted.
const distance = (left: string, right: string): number => {
  let row = [...right].map((_, index) => index + 1)
  ;[...left].forEach((character, index) => {
    let corner = index
    let before = index + 1
    row = [...right].map((other, column) => {
      const above = row[column] ?? 0
      const best = Math.min(above + 1, before + 1, corner + (character === other ? 0 : 1))
      corner = above
      before = best
      return best
    })
  })
  return row.at(-1) ?? left.length
}

/** Two letters swapped are one slip of the finger. */
const letters = (word: string): string => [...word].toSorted().join("")

const fold = (word: string): string => word.toLowerCase().replaceAll(/[_-]/g, "")

export const nearest = (word: string, known: ReadonlyArray<string>): string | undefined => {
  if (word.length > 40) return undefined
  const [first] = known
    .map((candidate) => ({
      candidate,
      away: letters(fold(word)) === letters(fold(candidate)) ? 1 : distance(fold(word), fold(candidate))
    }))
    .filter(({ candidate, away }) => away <= Math.min(3, candidate.length / 3))
    .toSorted((left, right) => left.away - right.away)
  return first?.candidate
}
