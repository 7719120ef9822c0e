// A copy of the tree in a temporary folder, in which mutants are tried: the original is only ever read.
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

const parts = ["src", "test", "scripts", "package.json", "tsconfig.json", "vitest.config.ts"]

/** A run that takes longer has no verdict. */
const longest = 240_000

/** How the tests ended. Without a verdict, nothing is known: they did not run, or not to their end. */
export type Verdict = { readonly passed: number; readonly failed: number } | "no verdict"

export interface Copy {
  readonly read: (file: string) => string
  readonly write: (file: string, text: string) => void
  readonly test: (files: ReadonlyArray<string>) => Promise<Verdict>
  readonly remove: () => void
}

export const makeCopy = (): Copy => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "inquiries-mailer-mutants-"))
  for (const part of parts) fs.cpSync(part, path.join(folder, part), { recursive: true })
  fs.symlinkSync(fs.realpathSync("node_modules"), path.join(folder, "node_modules"))
  const report = path.join(folder, "report.json")
  return {
    read: (file) => fs.readFileSync(path.join(folder, file), "utf8"),
    write: (file, text) => fs.writeFileSync(path.join(folder, file), text),
    test: async (files) => {
      fs.rmSync(report, { force: true })
      await run(folder, ["run", "--reporter=json", `--outputFile=${report}`, ...files])
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

const run = (cwd: string, args: ReadonlyArray<string>): Promise<void> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [path.join("node_modules", "vitest", "vitest.mjs"), ...args], {
      cwd,
      stdio: "ignore"
    })
    const timer = setTimeout(() => child.kill("SIGTERM"), longest)
    child.once("close", () => {
      clearTimeout(timer)
      resolve()
    })
  })
