// The package as npm would publish it: what `npm run build` left in dist, packed, installed into an empty folder without a
// network, and run there.
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
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
    const { files, size } = pack()
    const names = files.map(({ path }) => path).toSorted()
    assert.deepStrictEqual(names, ["LICENSE", "README.md", "THIRD-PARTY-LICENSES.txt", "main.js", "package.json"])
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
