// The manifest of the published package, made of ours: what npm and people need to know of it, and no dependency.

interface Project {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly type: string
  readonly engines: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
  /** npm asks for it before it vouches where a package was built. */
  readonly repository?: unknown
}

export const published = ({ bin, description, engines, license, name, repository, type, version }: Project) => ({
  name,
  version,
  description,
  license,
  ...(repository === undefined ? {} : { repository }),
  type,
  engines,
  // And not what Node keeps there of a start.
  files: ["*.js", "THIRD-PARTY-LICENSES.txt"],
  bin: Object.fromEntries(Object.entries(bin).map(([command, file]) => [command, file.replace(/^dist\//, "")])),
  publishConfig: { access: "public", provenance: true }
})
