// Fixtures of what must be refused: the real file with one thing changed.
import { readFileSync } from "node:fs"

export const blueprint = readFileSync("render.yaml", "utf8")
export const workflow = readFileSync(".github/workflows/ci.yml", "utf8")
export const flake = readFileSync("flake.nix", "utf8")
export const flakeLock = readFileSync("flake.lock", "utf8")

/** Throws where there is nothing to change: a fixture that is the real file would prove nothing. */
export const edited = (text: string, from: string, to: string): string => {
  if (!text.includes(from)) throw new Error(`the fixture is out of date: the file has no ${JSON.stringify(from)}`)
  return text.replace(from, () => to)
}
