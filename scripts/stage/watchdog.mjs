// Runs beside a server that was started for a demo or a test, and outlives whoever started it by a moment: when standard
// input ends, it ends the process named last on it (one id a line, 0 for none) and removes the folder in its argument.
// Plain JavaScript, so that it starts in 30 ms and needs no loader.
import { readFileSync, rmSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

// A terminal or a container that ends everything at once must not end the one that cleans up.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {})

let heard = ""
process.stdin.setEncoding("utf8")
for await (const chunk of process.stdin) heard = (heard + chunk).slice(-100)
const pid = Number(heard.trimEnd().split("\n").at(-1) ?? 0)

const runs = () => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    // A dead process that nobody waits for still has its id.
    return !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ")
  } catch {
    return true
  }
}

// Fast shutdown, then immediate (PostgreSQL itself kills its children 5 s after that), then by force.
const steps = [
  ["SIGINT", 5_000],
  ["SIGQUIT", 6_000],
  ["SIGKILL", 1_000]
]
for (const [signal, millis] of pid > 0 ? steps : []) {
  if (!runs()) break
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended in this instant.
    break
  }
  for (let waited = 0; waited < millis && runs(); waited += 20) await sleep(20)
}
// What the ended process had started may go on writing for a moment. As a whole each time: rmSync's own retries remove the
// folder again, and no longer what has come into it.
for (let tries = 600; tries > 0; tries--) {
  try {
    rmSync(process.argv[2], { recursive: true, force: true })
    break
  } catch (error) {
    if (!["ENOTEMPTY", "EBUSY", "EPERM"].includes(error.code)) throw error
    await sleep(100)
  }
}
