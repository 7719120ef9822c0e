// What `check` says: for people a line a hop with its repair below it, for machines the same as JSON, and the verdict.
import type { Hop, Outcome } from "./Hop.ts"

export interface Checked {
  readonly name: string
  readonly hops: ReadonlyArray<Hop>
}

const marks: Readonly<Record<Outcome, string>> = { ok: "✓", warning: "!", broken: "✗", "not known": "?" }
const words: Readonly<Record<Outcome, string>> = {
  ...marks,
  ok: "sound",
  warning: "to note",
  broken: "broken",
  "not known": "not known"
}

const nameWidth = 34
const timeWidth = 9

/** A name that an operator chose, or a server: on one line, and without what moves a cursor. */
const plain = (text: string): string => text.replace(/\p{Cc}+/gu, " ")

export const lines = ({ hops, name }: Checked): ReadonlyArray<string> => [
  plain(name),
  ...hops.flatMap(({ detail, millis, name, outcome, repairs }) => [
    plain(`  ${marks[outcome]} ${name.padEnd(nameWidth)}${time(millis).padStart(timeWidth)}  ${detail}`),
    ...repairs.map(({ as, line }) => plain(`      ${as.padEnd("PowerShell".length)}  ${line}`))
  ])
]

const time = (millis: number | undefined): string => (millis === undefined ? "" : `${millis} ms`)

export const verdict = (all: ReadonlyArray<Checked>): Outcome => {
  const outcomes = new Set(all.flatMap(({ hops }) => hops.map(({ outcome }) => outcome)))
  return outcomes.has("broken") ? "broken" : outcomes.has("warning") ? "warning" : "ok"
}

export const summary = (all: ReadonlyArray<Checked>): string => {
  const count = (outcome: Outcome) =>
    all.reduce((sum, { hops }) => sum + hops.filter((hop) => hop.outcome === outcome).length, 0)
  return (["broken", "warning", "not known", "ok"] as const)
    .map((outcome) => `${count(outcome)} ${words[outcome]}`)
    .join(", ")
}

export const document = (all: ReadonlyArray<Checked>): string =>
  JSON.stringify({ verdict: verdict(all), databases: all }, undefined, 2)
