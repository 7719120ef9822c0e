// The map in CONTRIBUTING.md: it names every room, and no room imports from one above it.
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { assert, describe, it } from "@effect/vitest"

/** Rooms by the rows of the table, from top to bottom. */
const rowsOf = (text: string): ReadonlyArray<ReadonlyArray<string>> =>
  [...text.matchAll(/^\| (`[^|]+`) +\|/gm)].map(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name)
  )

const map = rowsOf(readFileSync("CONTRIBUTING.md", "utf8"))
const rooms = readdirSync("src", { withFileTypes: true }).map((entry) => entry.name + (entry.isDirectory() ? "/" : ""))

const imports = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .flatMap((file) =>
    [...readFileSync(join("src", file), "utf8").matchAll(/ from "(\.[^"]+)"/g)].map(
      ([, target = ""]) => [file, relative("src", join("src", dirname(file), target))] as const
    )
  )

const upwards = (rows: ReadonlyArray<ReadonlyArray<string>>): ReadonlyArray<string> => {
  const level = (file: string) => rows.findIndex((row) => row.includes(file.replace(/\/.*$/, "/")))
  return imports
    .filter(([from, to]) => !to.startsWith("..") && level(from) > level(to))
    .map(([from, to]) => `${from} imports ${to}`)
}

describe("the map of the rooms in CONTRIBUTING.md", () => {
  it("names every room once", () => {
    assert.deepStrictEqual(map.flat().toSorted(), rooms.toSorted())
  })

  it("has the order of the imports, which point down", () => {
    assert.deepStrictEqual(upwards(map), [])
  })

  it("would not hold upside down, nor if a room were missing", () => {
    assert.include(upwards(map.toReversed()), "App.ts imports Monitor.ts")
    const missing = map.filter((row) => !row.includes("template/"))
    assert.notDeepEqual(missing.flat().toSorted(), rooms.toSorted())
  })
})
