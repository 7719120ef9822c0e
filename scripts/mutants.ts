// Breaks the program on purpose, one promise at a time, in copies of the tree: every mutant must make its test fail. Exits
// with 1 if one survives, if one no longer fits the code, or if the tests fail without any. Words pick mutants by name or file.
import * as os from "node:os"
import { performance } from "node:perf_hooks"
import { makeCopy } from "./mutants/Copy.ts"
import { mutants } from "./mutants/list.ts"
import type { Mutant } from "./mutants/Mutant.ts"

const words = process.argv.slice(2)
const chosen = mutants.filter(
  ({ file, name }) => words.length === 0 || words.some((word) => name.includes(word) || file.includes(word))
)
const say = (line: string) => process.stdout.write(`${line}\n`)
const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(0)} s`.padStart(5)

const began = performance.now()
const stopped = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopped.abort())

// Each runs one test at a time. More than two would only wait for each other's PostgreSQL.
const copies = Array.from({ length: Math.min(2, os.availableParallelism()) }, () => makeCopy(stopped.signal))
process.once("exit", () => copies.forEach(({ remove }) => remove()))

const [first] = copies
const sound = await first?.test(chosen)
if (stopped.signal.aborted) process.exit(1)
if (sound === undefined || sound === "no verdict" || sound.failed > 0) {
  say("The tests fail without any mutant (or none was chosen): a failure would say nothing.")
  process.exit(1)
}
say(`${sound.passed} tests pass without a mutant (${seconds(began).trim()}).\n`)

const widest = Math.max(...chosen.map(({ name }) => name.length))
const row = (mark: string, name: string, result: string, time: string, test: string) =>
  say(`${mark} ${name.padEnd(widest)}  ${result.padEnd(16)} ${time.padStart(5)}  ${test}`)
row(" ", "mutant", "", "", "test that must notice")

let survivors = 0
/** Tells what was wrong, if not all is well. */
const attempt = async ({ file, find, replace, says, test }: Mutant, copy: (typeof copies)[number]) => {
  const original = copy.read(file)
  if (original.split(find).length !== 2) return `fits ${file} no more`
  copy.write(
    file,
    original.replace(find, () => replace)
  )
  const found = await copy.test([{ test, says }])
  copy.write(file, original)
  if (found === "no verdict") return found
  return found.failed > 0 ? undefined : "SURVIVES"
}

const queue = chosen.values()
await Promise.all(
  copies.map(async (copy) => {
    for (const mutant of queue) {
      const started = performance.now()
      const wrong = await attempt(mutant, copy)
      if (stopped.signal.aborted) return
      if (wrong !== undefined) survivors += 1
      const test = `${mutant.test.replace("test/", "")}: ${mutant.says}`
      row(wrong === undefined ? "✓" : "✗", mutant.name, wrong ?? "caught", seconds(started), test)
    }
  })
)
if (stopped.signal.aborted) process.exit(1)
say(
  `\n${survivors === 0 ? `All ${chosen.length} mutants are caught` : `${survivors} of ${chosen.length} are not caught`} (${seconds(began).trim()}).`
)
process.exitCode = survivors === 0 ? 0 : 1
