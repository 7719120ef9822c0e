// Processes that should be gone: those that were started, and on Linux whatever else runs in their folders.
import { readdirSync, readFileSync, readlinkSync } from "node:fs"

const read = (of: () => string) => {
  try {
    return of()
  } catch {
    return ""
  }
}

const runs = (pid: number) => {
  try {
    process.kill(pid, 0)
    return !read(() => readFileSync(`/proc/${pid}/stat`, "latin1")).includes(") Z ")
  } catch {
    return false
  }
}

/** Processes that were started for this folder or live in it; only Linux tells. */
export const livingIn = (place: string): ReadonlyArray<string> => {
  if (process.platform !== "linux") return []
  return readdirSync("/proc").filter((pid) =>
    /^\d+$/.test(pid)
      ? [
          read(() => readlinkSync(`/proc/${pid}/cwd`)),
          read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")),
          read(() => readFileSync(`/proc/${pid}/environ`, "utf8"))
        ].some((text) => text.includes(place))
      : false
  )
}

export const survivors = (pids: ReadonlyArray<number>, folder: string): ReadonlyArray<string> => [
  ...new Set([...pids.filter(runs).map(String), ...livingIn(folder)])
]
