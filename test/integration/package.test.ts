// The package as npm would publish it: what `npm run build` left in dist, packed, installed into an empty folder without a
// network, and run there.
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as module from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { rolldown } from "rolldown"
import { afterAll } from "vitest"
import project from "../../package.json" with { type: "json" }
import config from "../../rolldown.config.ts"
import { exitCodes } from "../../src/ExitStatus.ts"

const folder = fs.mkdtempSync(join(tmpdir(), "inquiries-mailer-package-"))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

// Nothing of this user's settings, and no settings of the worker.
const env = { PATH: process.env["PATH"] ?? "", HOME: folder, npm_config_offline: "true", NO_COLOR: "1" }

const run = (command: string, ...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(command, args, { cwd: folder, env, encoding: "utf8", timeout: 60_000 })
  return { status, stdout, said: stdout + stderr }
}

interface Packed {
  readonly filename: string
  readonly size: number
  readonly files: ReadonlyArray<{ readonly path: string; readonly mode: number }>
}

const pack = (): Packed => {
  const { said, status, stdout } = run("npm", "pack", join(process.cwd(), "dist"), "--json")
  assert.strictEqual(status, 0, said)
  const parsed: unknown = JSON.parse(stdout)
  // An array, or since npm 12 an object by name.
  const [packed] = Object.values(parsed as Readonly<Record<string, Packed>>)
  return packed ?? assert.fail(said)
}

// Npm and the build are slow where much else runs.
describe("the package", { timeout: 120_000 }, () => {
  it("holds the bundle and what must be handed on with it, below one megabyte", () => {
    // As a start leaves it, from Node 22.1 on.
    fs.mkdirSync("dist/.compiled", { recursive: true })
    fs.writeFileSync("dist/.compiled/of-a-test", "")
    const { files, size } = pack()
    fs.rmSync("dist/.compiled/of-a-test")
    const names = files.map(({ path }) => path).toSorted()
    const others = ["LICENSE", "README.md", "THIRD-PARTY-LICENSES.txt", "package.json"]
    const scripts = names.filter((name) => /^\w+\.js$/.test(name))
    assert.includeMembers(scripts, ["main.js", "program.js", "Msal.js", "SqlStore.js"])
    assert.deepStrictEqual(names, [...others, ...scripts].toSorted())
    assert.isBelow(size, 1_000_000)
  })

  it("runs where it is installed into an empty folder, and brings nothing else along", () => {
    fs.writeFileSync(join(folder, "package.json"), "{}")
    const installed = run("npm", "install", "--no-audit", "--no-fund", join(folder, pack().filename))
    assert.strictEqual(installed.status, 0, installed.said)
    const found = fs.readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."))
    assert.deepStrictEqual(found, [project.name])
    const version = run("npx", "--no-install", project.name, "--version")
    assert.include(version.stdout, project.version, version.said)
    const health = run("npx", "--no-install", project.name, "health")
    assert.strictEqual(health.status, exitCodes.settings, health.said)
    assert.include(health.said, "DATABASE_URL")
  })

  it("keeps what Node compiled beside it, and starts as well where it cannot", () => {
    const copy = join(folder, "copy")
    fs.cpSync("dist", copy, { recursive: true, filter: (file) => !file.endsWith(".compiled") })
    const version = () => run("node", join(copy, "main.js"), "--version")
    assert.include(version().stdout, project.version)
    assert.strictEqual(fs.existsSync(join(copy, ".compiled")), "enableCompileCache" in module)
    fs.rmSync(join(copy, ".compiled"), { recursive: true, force: true })
    // Root may write anywhere, but not into a file as if it were a folder.
    fs.writeFileSync(join(copy, ".compiled"), "")
    const { said, stdout } = version()
    assert.include(stdout, project.version, said)
    assert.strictEqual(said, stdout)
  })

  it("keeps no start waiting for what signs in at Microsoft", async () => {
    if (Array.isArray(config) || Array.isArray(config.output)) return assert.fail("one bundle is expected")
    const bundle = await rolldown(config)
    const { output } = await bundle.generate(config.output)
    await bundle.close()
    const chunks = new Map(output.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file] as const] : [])))
    const started = new Set(["main.js", "program.js"])
    for (const name of started) for (const needed of chunks.get(name)?.imports ?? []) started.add(needed)
    for (const name of started) {
      for (const id of chunks.get(name)?.moduleIds ?? []) assert.notInclude(id, "@azure", `in ${name}`)
    }
    assert.isTrue(chunks.get("Msal.js")?.moduleIds.some((id) => id.includes("@azure")))
  })

  it("is the same file when it is built again, with the licence of all that is in it", async () => {
    if (Array.isArray(config)) return assert.fail("one bundle is expected")
    const bundle = await rolldown(config)
    const { output } = await bundle.generate(Array.isArray(config.output) ? config.output[0] : config.output)
    await bundle.close()
    const licences = fs.readFileSync("dist/THIRD-PARTY-LICENSES.txt", "utf8")
    const packages = new Set(
      output.flatMap((file) =>
        file.type === "chunk"
          ? file.moduleIds.flatMap((id) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? [])
          : []
      )
    )
    assert.includeMembers([...packages], Object.keys(project.dependencies))
    for (const name of packages) assert.match(licences, new RegExp(`^${name} \\d[^\\n]* \\([^)]+\\)$`, "m"))
    for (const file of output) {
      const written = fs.readFileSync(join("dist", file.fileName), "utf8")
      assert.isTrue(written === (file.type === "chunk" ? file.code : file.source), `${file.fileName} is another`)
    }
  })
})
