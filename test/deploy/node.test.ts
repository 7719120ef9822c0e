// Five files say which Node this runs on: they say the same.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { edited } from "./edited.ts"

const places = [".node-version", "package.json", "flake.nix", ".github/workflows/ci.yml", "README.md"] as const
type Place = (typeof places)[number]

const read = (place: Place): string => readFileSync(place, "utf8")

/** The README lists them from the oldest to the newest; Render and the Nix shell take the newest. */
const disagreeing = (text: (place: Place) => string): ReadonlyArray<Place> => {
  const [oldest = "", ...others] = /\bNode \(([\d., or]+)\)/.exec(text("README.md"))?.[1]?.split(/, | or /) ?? []
  const newest = others.at(-1)
  if (newest === undefined) return ["README.md"]
  const words: Readonly<Record<Place, string>> = {
    ".node-version": `${newest}\n`,
    "package.json": `"node": ">=${oldest}"`,
    "flake.nix": `pkgs.nodejs_${newest}\n`,
    ".github/workflows/ci.yml": `node: [${[oldest.replace(/\..*$/, ""), ...others].join(", ")}]\n`,
    "README.md": `${newest})`
  }
  return places.filter((place) => !text(place).includes(words[place]))
}

const refused: ReadonlyArray<readonly [place: Place, from: string, to: string]> = [
  [".node-version", "24", "22"],
  ["package.json", ">=20.20", ">=20"],
  ["flake.nix", "nodejs_24", "nodejs_22"],
  [".github/workflows/ci.yml", "[20, 22, 24]", "[22, 24]"],
  ["README.md", "(20.20, 22 or 24)", "(a recent one)"]
]

describe("the versions of Node", () => {
  it("are the same wherever they are said", () => {
    assert.deepStrictEqual(disagreeing(read), [])
  })

  it.each(refused)("must not be others in %s", (wrong, from, to) => {
    const found = disagreeing((place) => (place === wrong ? edited(read(place), from, to) : read(place)))
    assert.deepStrictEqual(found, [wrong])
  })

  it("must not be newer in the README alone", () => {
    const found = disagreeing((place) =>
      place === "README.md" ? edited(read(place), "22 or 24", "24 or 26") : read(place)
    )
    assert.deepStrictEqual(found, [".node-version", "flake.nix", ".github/workflows/ci.yml"])
  })
})
