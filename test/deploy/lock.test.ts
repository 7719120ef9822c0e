// package-lock.json, which npm rewrites after what it sees of the registry: complete for every platform, so that `npm ci`
// accepts it on all of them, and bound to no place to download from.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { edited } from "./edited.ts"

interface Entry {
  readonly resolved?: string
  readonly integrity?: string
  readonly optional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const text = readFileSync("package-lock.json", "utf8")

/** Where Node would look: beside the package, then beside each of those it lies in. */
const candidates = (from: string, name: string): ReadonlyArray<string> => [
  `${from === "" ? "" : `${from}/`}node_modules/${name}`,
  ...(from === "" ? [] : candidates(from.replace(/\/?node_modules\/(@[^/]+\/)?[^/]+$/, ""), name))
]

const problemsOf = (lock: string): ReadonlyArray<string> => {
  const entries: ReadonlyArray<readonly [path: string, entry: Entry]> = Object.entries(JSON.parse(lock).packages)
  const paths = new Set(entries.map(([path]) => path))
  return entries.flatMap(([path, entry]) => {
    const needed = { ...entry.dependencies, ...entry.devDependencies, ...entry.optionalDependencies }
    return [
      ...Object.keys(needed)
        .filter((name) => !candidates(path, name).some((candidate) => paths.has(candidate)))
        .map((name) => `${path || "package.json"} needs ${name}, which has no entry`),
      ...(entry.resolved === undefined ? [] : [`${path} names a place to download from`]),
      ...(path === "" || entry.integrity !== undefined || entry.optional ? [] : [`${path} has no integrity`])
    ]
  })
}

describe("the lock file", () => {
  it("has an entry for whatever any platform needs, with its integrity and no address", () => {
    assert.deepStrictEqual(problemsOf(text), [])
  })

  it("must not leave another platform out", () => {
    const problems = problemsOf(edited(text, '"node_modules/@effect/tsgo-darwin-arm64"', '"node_modules/nothing"'))
    assert.deepStrictEqual(problems, ["node_modules/@effect/tsgo needs @effect/tsgo-darwin-arm64, which has no entry"])
  })

  it("must not say where a package is downloaded from, nor take one unseen", () => {
    const [integrity = ""] = /"integrity": "[^"]+"/.exec(text) ?? []
    const [first = "", second = ""] = problemsOf(edited(text, integrity, '"resolved": "https://example.com/a.tgz"'))
    assert.include(first, "names a place to download from")
    assert.include(second, "has no integrity")
  })
})
