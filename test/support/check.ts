// `check` as an operator runs it, and the repairs that it prints, as they can be run.
import type { PgClient } from "@effect/sql-pg"
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { program } from "./worker.ts"

export type Environment = Readonly<Record<string, string>>

export const check = Effect.fn("check")(function* (env: Environment, ...args: ReadonlyArray<string>) {
  return yield* (yield* program(["check", ...args], env)).ended
})

/** Nothing is broken and nothing to be warned of. */
export const sound = Effect.fn("sound")(function* (env: Environment) {
  const { code, output } = yield* check(env)
  assert.strictEqual(code, 0, output)
  return output
})

/** The line of a hop. */
export const hop = (output: string, name: string): string =>
  output.split("\n").find((line) => line.slice(4).startsWith(name)) ?? assert.fail(`no hop ${name} in:\n${output}`)

/** The repairs of one kind below the line of a hop. */
export const repairs = (output: string, name: string, as: "SQL" | "PowerShell" | "set" | "run") => {
  const lines = output.split("\n")
  const from = lines.indexOf(hop(output, name)) + 1
  const all = lines.slice(from)
  const below = all.slice(
    0,
    all.findIndex((line) => !line.startsWith("      "))
  )
  return below.flatMap((line) => {
    const [, kind, text = ""] = /^ {6}(\S+) +(.*)$/.exec(line) ?? []
    return kind === as ? [text] : []
  })
}

/** Runs the SQL as it is printed. */
export const runSql = (admin: PgClient.PgClient, output: string, name: string) =>
  Effect.gen(function* () {
    const statements = repairs(output, name, "SQL")
    assert.isNotEmpty(statements, output)
    for (const statement of statements) yield* admin.unsafe(statement)
  })

/** Sets the variables as they are printed; what stands in angle brackets only a person can know. */
export const setVariables = (env: Environment, output: string, name: string, known: Environment = {}): Environment => {
  const lines = repairs(output, name, "set")
  assert.isNotEmpty(lines, output)
  return {
    ...env,
    ...Object.fromEntries(
      lines.map((line) => {
        const [, variable = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? []
        return [variable, /^<.*>$/.test(value) ? (known[variable] ?? assert.fail(`${variable} is not known`)) : value]
      })
    )
  }
}

/** Runs the commands as they are printed. */
export const runCommands = Effect.fn("runCommands")(function* (env: Environment, output: string, name: string) {
  const commands = repairs(output, name, "run")
  assert.isNotEmpty(commands, output)
  for (const command of commands) {
    const args = command.split(" ").slice(1)
    const ended = yield* (yield* program(args, env)).ended
    assert.strictEqual(ended.code, 0, ended.output)
  }
})
