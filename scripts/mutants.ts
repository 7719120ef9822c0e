// Breaks the program on purpose, one promise at a time, in a copy of the tree: every mutant must make a test fail. Exits
// with 1 if one survives, if one no longer fits the code, or if the tests fail without any. Words pick mutants by name.
import { performance } from "node:perf_hooks"
import { makeCopy } from "./mutants/Copy.ts"
import { mutants } from "./mutants/list.ts"

const words = process.argv.slice(2)
const chosen = mutants.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
const say = (line: string) => process.stdout.write(`${line}\n`)

const copy = makeCopy()
process.once("exit", copy.remove)
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1))

const sound = await copy.test([...new Set(chosen.flatMap(({ tests }) => tests))])
if (sound === "no verdict" || sound.failed > 0) {
  say("The tests fail without any mutant (or none was chosen): a failure would say nothing.")
  process.exit(1)
}
say(`${sound.passed} tests pass without a mutant.`)

let survivors = 0
for (const { file, find, name, replace, tests } of chosen) {
  const started = performance.now()
  const original = copy.read(file)
  if (original.split(find).length !== 2) {
    say(`✗ ${name}: does not fit ${file} any more`)
    survivors += 1
    continue
  }
  copy.write(
    file,
    original.replace(find, () => replace)
  )
  const found = await copy.test(tests)
  copy.write(file, original)
  const caught = found !== "no verdict" && found.failed > 0
  if (!caught) survivors += 1
  const result = found === "no verdict" ? "no verdict" : `${found.failed} of ${found.passed + found.failed} tests fail`
  say(`${caught ? "✓" : "✗"} ${name.padEnd(36)} ${result} (${((performance.now() - started) / 1000).toFixed(0)} s)`)
}
say(survivors === 0 ? `All ${chosen.length} mutants are caught.` : `${survivors} of ${chosen.length} are not caught.`)
process.exitCode = survivors === 0 ? 0 : 1
