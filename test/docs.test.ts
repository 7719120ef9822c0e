// What README, CONTRIBUTING and docs say is held to what is there: links, pages, settings, examples, exit codes, reasons.
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { parseEnv } from "node:util"
import { variables, written } from "../scripts/docs/settingsPage.ts"
import { exitCodes } from "../src/ExitStatus.ts"
import { reasons } from "../src/Parked.ts"
import * as Settings from "../src/Settings.ts"
import { blocksOf, brokenLinks, linksOf, pageAt, pages, spansOf } from "./support/pages.ts"

/** First cells of the table below this heading. */
const rowsBelow = (path: string, heading: string) =>
  [...(pageAt(path).text.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "").matchAll(/^\| *([^|]+?) *\|/gm)]
    .map(([, cell = ""]) => cell)
    .slice(2)

describe("links", () => {
  it("lead to files and headings that are there", () => {
    assert.deepStrictEqual(pages.flatMap(brokenLinks), [])
  })

  it("that lead nowhere are found", () => {
    const text =
      "[a](docs/gone.md) [b](docs/running.md#gone) [c](docs/running.md#two-of-them) [d](https://example.com/x)"
    assert.deepStrictEqual(brokenLinks({ path: "README.md", text }), [
      "README.md links docs/gone.md",
      "README.md links docs/running.md#gone"
    ])
  })

  it("lead from the README to every page", () => {
    const reached = new Set(["README.md"])
    for (const path of reached) {
      if (path.endsWith(".md")) for (const { to } of linksOf(pageAt(path))) reached.add(to)
    }
    assert.deepStrictEqual(
      pages.map(({ path }) => path).filter((path) => !reached.has(path)),
      []
    )
  })

  it("answer in one click what people ask first", () => {
    const clicks = linksOf(pageAt("README.md")).map(({ anchor, to }) => `${to}#${anchor}`)
    for (const answer of [
      "docs/moving-over.md#",
      "docs/microsoft-365.md#when-the-secret-expires",
      "docs/troubleshooting.md#a-row-did-not-arrive",
      "docs/running.md#what-may-i-delete",
      "docs/neon.md#what-being-awake-costs",
      "docs/running.md#two-of-them"
    ]) {
      assert.include(clicks, answer)
    }
    assert.isAtMost(pageAt("README.md").text.split("\n").length, 200)
  })

  it("and names of files in the text are of files that are there", () => {
    const named = pages.flatMap((page) =>
      spansOf(page).filter((span) => /^(src|test|scripts|docs|schema)\/[\w./-]+\.\w+$/.test(span))
    )
    assert.isAbove(named.length, 5)
    assert.deepStrictEqual(
      named.filter((path) => !existsSync(path)),
      []
    )
  })
})

/** In capitals like our settings, and none of them. */
const foreign: Readonly<Record<string, string>> = {
  NODE_EXTRA_CA_CERTS: "Node's",
  ON_ERROR_STOP: "psql's",
  RUN_IMAGE: "an argument of the Dockerfile"
}

describe("a setting", () => {
  const page = pageAt("docs/settings.md")

  it("stands on the page of settings, with what decodes it", () => {
    assert.strictEqual(written(page.text), page.text, "run npx tsx scripts/schemas.ts")
    for (const name of variables.filter((name) => !name.startsWith("OTEL_"))) {
      assert.match(page.text, new RegExp(`\`${name}(\\[_N\\])?\``))
    }
    assert.notStrictEqual(
      written(page.text.replace("`LOG_LEVEL`", "`LOG_LEVELS`")),
      page.text.replace("`LOG_LEVEL`", "`LOG_LEVELS`")
    )
  })

  it("is known to that page if the code reads it", () => {
    const files = readdirSync("src/Settings").map((name) => `src/Settings/${name}`)
    const read = ["src/Settings.ts", ...files].flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/\b(?:get|has)\("([A-Z_]+)"/g)].map(([, name = ""]) => name)
    )
    assert.isAbove(read.length, 20)
    assert.deepStrictEqual(
      read.filter((name) => !variables.includes(name)),
      []
    )
  })

  it("that a page names is one that is read", () => {
    const named = pages.flatMap(({ path, text }) => {
      const own = new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => name))
      const names = [
        ...text.matchAll(/(?<![\w/.])([A-Z][A-Z\d]*(?:_[A-Z\d]+)+)(?![\w/])/g),
        ...text.matchAll(/(?:^|`)([A-Z]+)=/gm)
      ]
      return names
        .map(([, name = ""]) => name)
        .filter((name) => !own.has(name) && !Object.hasOwn(foreign, name))
        .filter((name) => !variables.includes(name.replace(/_(\d+|N)$/, "")))
        .map((name) => `${path}: ${name}`)
    })
    assert.deepStrictEqual(named, [])
  })
})

describe("an example of settings", () => {
  const decoded = (variables: Readonly<Record<string, string | undefined>>) =>
    Settings.fromEnvironment(variables, false).pipe(Effect.provide(NodeServices.layer))

  const invented = (json: string) => {
    const names = [...json.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => name)
    const url = "postgres://mailer:password@db.example.com/autos"
    return Object.fromEntries(names.map((name) => [name, name.endsWith("_URL") ? url : "invented"]))
  }

  it.effect("in JSON is valid", () =>
    Effect.gen(function* () {
      const examples = pages.flatMap(({ path, text }) =>
        blocksOf({ path, text }).filter((block) => block.language === "json" && block.text.includes('"tables"'))
      )
      assert.isAtLeast(examples.length, 2)
      for (const { text } of examples) {
        const { databases } = yield* decoded({ MAILER_DATABASES: text, ...invented(text) })
        assert.isAbove(databases.length, 0)
      }
    })
  )

  it.effect("in variables is valid", () =>
    Effect.gen(function* () {
      const examples = pages.flatMap((page) => blocksOf(page).filter(({ language }) => language === "ini"))
      assert.isAtLeast(examples.length, 1)
      for (const { text } of examples) assert.lengthOf((yield* decoded(parseEnv(text))).databases, 1)
    })
  )

  it.effect("has the defaults of the first three numbers as they are", () =>
    Effect.gen(function* () {
      const one = (suffix: string) => ({
        [`DATABASE_URL${suffix}`]: `postgres://mailer:password@db.example.com/a${suffix}`,
        [`TENANT_ID${suffix}`]: "example.onmicrosoft.com",
        [`CLIENT_ID${suffix}`]: "00000000-0000-0000-0000-000000000000",
        [`CLIENT_SECRET${suffix}`]: "invented",
        [`FROM_EMAIL${suffix}`]: "noreply@example.com",
        [`TO_EMAIL${suffix}`]: "sales@example.com"
      })
      const { databases } = yield* decoded({ ...one(""), ...one("_2"), ...one("_3") })
      const rows = databases.flatMap(({ tables }) => tables)
      assert.lengthOf(rows, 3)
      const cells = rows.map(({ channel, name, template }) => [name.name, channel, template])
      const documented = [
        ...pageAt("docs/settings.md").text.matchAll(/^\| \d +\| `(\w+)` +\| `(\w+)` +\| `([\w-]+)`/gm)
      ]
      assert.deepStrictEqual(
        documented.map(([, ...row]) => row),
        cells
      )
    })
  )
})

describe("a page", () => {
  it("lists the exit codes as they are", () => {
    assert.deepStrictEqual(
      rowsBelow("docs/running.md", "How it ends").map(Number),
      [0, ...Object.values(exitCodes)].toSorted((a, b) => a - b)
    )
  })

  it("lists the reasons for which notices are parked as they are", () => {
    const listed = [...pageAt("docs/parked.md").text.matchAll(/^\| `(\w+)` +\|/gm)].map(([, reason]) => reason)
    assert.sameMembers(listed, [...reasons])
  })

  it("names only scripts of npm that there are", () => {
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly scripts: object }
    const named = pages.flatMap(({ text }) => [...text.matchAll(/\bnpm run (?:--silent )?([\w-]+)/g)])
    assert.isAbove(named.length, 5)
    for (const [, name = ""] of named) assert.property(scripts, name)
  })
})
