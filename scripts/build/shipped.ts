// What lies beside the bundle, so that `dist` can be handed on as it is: the licences of all that is in it, ours, the README and
// a manifest that names no dependency, because none is needed. A package without a licence ends the build.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Plugin } from "rolldown"
import project from "../../package.json" with { type: "json" }
import { published } from "./published.ts"

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license?: unknown
}

const isLicence = (file: string): boolean => /^(licen[cs]e|copying|notice)/i.test(file)

const licence = (folder: string): string => {
  const { license, name, version }: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const files = readdirSync(folder).filter(isLicence).toSorted()
  if (typeof license !== "string" || files.length === 0) {
    throw new Error(`${name} ${version} has no licence that could be handed on with it`)
  }
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim())
  return [`${name} ${version} (${license})`, ...texts].join("\n\n")
}

/** The folder of the package that a module comes from; undefined if it is ours. */
const packageOf = (module: string): string | undefined =>
  /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/.exec(module)?.[0]

const intro = `${project.name} ${project.version} contains these packages, each under its own licence.`
const rule = `\n\n${"-".repeat(80)}\n\n`

export const shipped: Plugin = {
  name: "shipped",
  generateBundle(_, bundle) {
    const modules = Object.values(bundle).flatMap((output) => (output.type === "chunk" ? output.moduleIds : []))
    const folders = new Set(modules.flatMap((module) => packageOf(module) ?? []))
    // By their own text, not by the folder they were found in: the same on every machine.
    const licences = [...folders].map(licence).toSorted()
    const emit = (fileName: string, source: string) => this.emitFile({ type: "asset", fileName, source })
    emit("THIRD-PARTY-LICENSES.txt", `${[intro, ...licences].join(rule)}\n`)
    emit("LICENSE", readFileSync("LICENSE", "utf8"))
    emit("README.md", readFileSync("README.md", "utf8"))
    emit("package.json", `${JSON.stringify(published(project), undefined, 2)}\n`)
  }
}
