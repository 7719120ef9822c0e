// The pages on ways to run it: the commands that they tell are commands of the program, and what they point at is there.
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { shutdownBudget } from "./blueprint.ts"

const names = ["docker", "kubernetes", "nix", "npm", "systemd"]
const pages = names.map((name) => [`docs/${name}.md`, readFileSync(`docs/${name}.md`, "utf8")] as const)

const commands = readdirSync("src/command").flatMap((file) =>
  [...readFileSync(join("src/command", file), "utf8").matchAll(/Command\.make\(\s*"([a-z]+)"/g)].map(
    ([, name = ""]) => name
  )
)

const budget = shutdownBudget(readFileSync("src/main.ts", "utf8"))

const told = (text: string): ReadonlyArray<string> =>
  [
    ...text.matchAll(/(?:main\.js|bin\/inquiries-mailer|\.tgz|--env-file environment inquiries-mailer) +([a-z]+)\b/g)
  ].map(([, name = ""]) => name)

/** Links, which are relative to the page, and paths in this repository. */
const pointedAt = (text: string): ReadonlyArray<string> => [
  ...[...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = ""]) => join("docs", path)),
  ...[...text.matchAll(/\bdocs\/[\w./-]+\w/g)].map(([path]) => path)
]

describe.each(pages)("%s", (_, text) => {
  it("tells only commands that there are", () => {
    assert.deepStrictEqual(
      told(text).filter((name) => !commands.includes(name)),
      []
    )
  })

  it("points only at what is there", () => {
    assert.deepStrictEqual(
      pointedAt(text).filter((path) => !existsSync(path)),
      []
    )
  })

  it("ends with what was verified and what was not", () => {
    const last = text.trimEnd().split("\n\n").at(-1) ?? ""
    assert.match(last, /^Verified.*Not\s/s)
  })
})

describe("the pages", () => {
  it("are read by this: it finds their commands and what they point at", () => {
    const all = pages.map(([, text]) => text).join("\n")
    assert.includeMembers([...told(all)], ["migrate", "check", "status"])
    assert.includeMembers([...pointedAt(all)], ["docs/kubernetes/worker.yaml", "docs/systemd/inquiries-mailer.service"])
  })

  it("say how long the worker may take to end, as it does", () => {
    const saying = pages.filter(([, text]) => /takes? up to|longer than/.test(text))
    assert.isAtLeast(saying.length, 3)
    for (const [name, text] of saying) assert.match(text, new RegExp(`up to ${budget / 1000}\\b`), name)
  })
})
