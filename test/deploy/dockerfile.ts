// The Dockerfile and .dockerignore, read as far as they are used here.
import { cpSync, readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"

export const dockerfile = readFileSync("Dockerfile", "utf8")
export const dockerignore = readFileSync(".dockerignore", "utf8")

interface Instruction {
  readonly name: string
  readonly rest: string
}

export interface Stage {
  /** Its name, or "" of the last one. */
  readonly name: string
  readonly from: string
  readonly instructions: ReadonlyArray<Instruction>
}

const instructions = (text: string): ReadonlyArray<Instruction> =>
  text
    .replaceAll(/^\s*#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name = "", rest = ""] = /^([A-Z]+) (.*)$/.exec(line) ?? []
      return { name, rest }
    })

/** The build arguments with their defaults, and the stages. */
export const read = (text: string) => {
  const all = instructions(text)
  const starts = all.flatMap(({ name }, index) => (name === "FROM" ? [index] : []))
  const stages = starts.map((start, index): Stage => {
    const [, from = "", name = ""] = /^(\S+)(?: AS (\S+))?$/.exec(all[start]?.rest ?? "") ?? []
    return { name, from, instructions: all.slice(start + 1, starts[index + 1]) }
  })
  const args = all.slice(0, starts[0]).map(({ rest }) => rest.split("="))
  return { args: Object.fromEntries(args) as Readonly<Record<string, string>>, stages }
}

/** What the stage says with this instruction, the last time. */
export const said = ({ instructions }: Stage, name: string): string =>
  instructions.findLast((one) => one.name === name)?.rest ?? ""

/** The words of an instruction that needs no shell; undefined if it does. */
export const exec = (rest: string): ReadonlyArray<string> | undefined => {
  const [json] = /\[.*\]$/.exec(rest) ?? []
  return json === undefined ? undefined : JSON.parse(json)
}

/** Copies what Docker would be sent: everything is left out but what is named. */
export const sendContext = (to: string, ignore = dockerignore): void => {
  const lines = ignore.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
  if (lines[0] !== "*" || !lines.slice(1).every((line) => /^![\w.-]+$/.test(line))) {
    throw new Error(".dockerignore says more than this understands")
  }
  const named = new Set(lines.slice(1).map((line) => line.slice(1)))
  for (const name of readdirSync(".").filter((name) => named.has(name)))
    cpSync(name, join(to, name), { recursive: true })
}
