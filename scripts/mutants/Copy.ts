// A copy of the tree in a temporary folder, in which mutants are tried: the original is only ever read.
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { Mutant } from "./Mutant.ts"

const parts = ["src", "test", "scripts", "package.json", "tsconfig.json", "vitest.config.ts"]

/** A run that takes longer has no verdict. */
const longest = 120_000

/** How the tests ended. Without a verdict, nothing is known: they did not run, or not to their end. */
export type Verdict = { readonly passed: number; readonly failed: number } | "no verdict"

export interface Copy {
  readonly read: (file: string) => string
  readonly write: (file: string, text: string) => void
  /** Runs what these name and nothing else. */
  readonly test: (tests: ReadonlyArray<Pick<Mutant, "test" | "says">>) => Promise<Verdict>
  readonly remove: () => void
}

/** `stop` ends a run under way, with the PostgreSQL that it may have started. */
export const makeCopy = (stop: AbortSignal): Copy => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inquiries-mailer-mutants-"))
  for (const part of parts) fs.cpSync(part, path.join(folder, part), { recursive: true })
  fs.symlinkSync(fs.realpathSync("node_modules"), path.join(folder, "node_modules"))
  const report = path.join(folder, "report.json")
  return {
    read: (file) => fs.readFileSync(path.join(folder, file), "utf8"),
    write: (file, text) => fs.writeFileSync(path.join(folder, file), text),
    test: async (tests) => {
      fs.rmSync(report, { force: true })
      const names = tests.map(({ says }) => says.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")
      const files = new Set(tests.map(({ test }) => test))
      const options = ["--reporter=json", `--outputFile=${report}`, `--testNamePattern=${names}`]
      await run(folder, ["run", ...options, ...files], stop)
      return fs.existsSync(report) ? verdict(fs.readFileSync(report, "utf8")) : "no verdict"
    },
    remove: () => fs.rmSync(folder, { recursive: true, force: true })
  }
}

const verdict = (report: string): Verdict => {
  const { numFailedTests: failed, numPassedTests: passed }: Record<string, unknown> = JSON.parse(report)
  // No test at all: a file that does not compile fails as a suite, and has noticed nothing.
  return typeof passed === "number" && typeof failed === "number" && passed + failed > 0
    ? { passed, failed }
    : "no verdict"
}

const run = (cwd: string, args: ReadonlyArray<string>, stop: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join("node_modules", "vitest", "vitest.mjs"), ...args], {
      cwd,
      stdio: "ignore",
      signal: AbortSignal.any([stop, AbortSignal.timeout(longest)])
    })
    // That it was stopped; `close` follows.
    child.once("error", () => undefined)
    child.once("close", () => resolve())
  })
