// Everything that can be said about the project without running it, side by side, in a few seconds. Prints a line a
// check, and the whole output of one that fails.
import { spawn } from "node:child_process"
import { performance } from "node:perf_hooks"

interface Check {
  readonly name: string
  /** One after the other, up to the first that fails. */
  readonly commands: ReadonlyArray<string>
}

const checks: ReadonlyArray<Check> = [
  { name: "format", commands: ["oxfmt --check"] },
  { name: "lint", commands: ["oxlint --deny-warnings"] },
  // Patches the installed compiler, so that it knows Effect; does nothing the second time.
  { name: "types", commands: ["effect-tsgo patch", "tsc --noEmit", "tsc --noEmit -p tsconfig.page.json"] },
  { name: "dead code", commands: ["knip"] },
  { name: "secrets", commands: ['secretlint "**/*"'] },
  { name: "JSON schemas", commands: ["tsx scripts/schemas.ts --check"] }
]

interface Ran {
  readonly passed: boolean
  readonly output: string
}

const run = (command: string): Promise<Ran> =>
  new Promise((resolve) => {
    const child = spawn(command, { shell: true, stdio: ["ignore", "pipe", "pipe"] })
    let output = ""
    const append = (chunk: Buffer) => (output += chunk.toString("utf8"))
    child.stdout.on("data", append)
    child.stderr.on("data", append)
    child.once("close", (code) => resolve({ passed: code === 0, output }))
  })

const perform = async ({ commands, name }: Check): Promise<boolean> => {
  const started = performance.now()
  let ran: Ran = { passed: true, output: "" }
  for (const command of commands) {
    if (ran.passed) ran = await run(command)
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  process.stdout.write(`${ran.passed ? "✓" : "✗"} ${name} (${seconds} s)\n${ran.passed ? "" : `${ran.output}\n`}`)
  return ran.passed
}

const results = await Promise.all(checks.map(perform))
process.exitCode = results.every(Boolean) ? 0 : 1
