// What the build puts beside the bundle, on a bundle of one module: no package goes out without its licence.
import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rolldown } from "rolldown"
import project from "../../package.json" with { type: "json" }
import { published } from "../../scripts/build/published.ts"
import { shipped } from "../../scripts/build/shipped.ts"

/** The licences of a bundle of one package with these files. */
const licences = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = fs.mkdtempSync(join(tmpdir(), "inquiries-mailer-shipped-"))
  try {
    const home = join(folder, "node_modules/@somebody/thing")
    fs.mkdirSync(home, { recursive: true })
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(join(home, name), text)
    fs.writeFileSync(join(home, "index.js"), "export const thing = () => process.argv.map(Number)")
    fs.writeFileSync(join(folder, "main.js"), 'import { thing } from "@somebody/thing"\nconsole.log(thing())')
    const bundle = await rolldown({ input: join(folder, "main.js"), plugins: [shipped] })
    const { output } = await bundle.generate()
    const found = output.find(({ fileName }) => fileName === "THIRD-PARTY-LICENSES.txt")
    return found?.type === "asset" ? String(found.source) : ""
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const manifest = { name: "@somebody/thing", version: "1.2.3", main: "index.js", type: "module" }
const licensed = JSON.stringify({ ...manifest, license: "MIT" })
const refusal = /@somebody\/thing 1\.2\.3 has no licence/

const failure = (files: Readonly<Record<string, string>>): Promise<string> =>
  licences(files).then(
    () => "nothing was refused",
    (error: unknown) => String(error)
  )

describe("the licences of a bundle", () => {
  it("name each package with its version, and hold its licence and its notices", async () => {
    const text = await licences({ "package.json": licensed, LICENSE: "Do as\r\nyou like.\n", "NOTICE.md": "By me." })
    assert.include(text, "@somebody/thing 1.2.3 (MIT)\n\nDo as\nyou like.\n\nBy me.\n")
  })

  it("are not made for a package without a text, or whose manifest names none: the build fails", async () => {
    assert.match(await failure({ "package.json": licensed }), refusal)
    assert.match(await failure({ "package.json": JSON.stringify(manifest), LICENSE: "Do as you like." }), refusal)
  })
})

describe("the published manifest", () => {
  it("names no dependency and starts the file beside it", () => {
    const { bin, ...rest } = published(project)
    assert.deepStrictEqual(bin, { "inquiries-mailer": "main.js" })
    assert.deepStrictEqual(
      Object.keys(rest).filter((key) => /dependencies|scripts|private/i.test(key)),
      []
    )
  })

  it("says where the source is as soon as package.json does", () => {
    assert.notProperty(published(project), "repository")
    assert.propertyVal(published({ ...project, repository: "example" }), "repository", "example")
  })
})
