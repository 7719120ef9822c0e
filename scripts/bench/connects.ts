// How many connections came to a PostgreSQL, and how many of them were on their way at the same time: read from its log, so
// that no attempt is missed, however short.
const line = /^(.+?) UTC \[(\d+)\] LOG: {2}connection (received|ready)/

export const parse = (log: string): { readonly count: number; readonly atOnce: number } => {
  const open = new Set<string>()
  let count = 0
  let atOnce = 0
  for (const text of log.split("\n")) {
    const [, , pid = "", what] = line.exec(text) ?? []
    if (what === "received") {
      count++
      atOnce = Math.max(atOnce, open.add(pid).size)
    } else if (what === "ready" || text.includes("FATAL:")) {
      open.delete(what === undefined ? (/\[(\d+)\]/.exec(text)?.[1] ?? "") : pid)
    }
  }
  return { count, atOnce }
}
