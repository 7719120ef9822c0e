// What flake.nix offers, as Nix reads it, with a false nixpkgs (nixpkgs.nix): no network, no store, nothing built. That the true
// packages exist, open a shell and build is for a machine with Nix and a network to see.
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { Effect } from "effect"
import { folder } from "../support/folder.ts"
import { settingsOf, systemdUnit } from "./unit.ts"

const program = "nix-instantiate"

/** Why nothing can be read by Nix here; undefined if it can. */
export const missing =
  spawnSync(program, ["--version"]).error === undefined
    ? undefined
    : "there is no nix-instantiate: run scripts/ensure-tools.sh as root, or install Nix"

const moduleOptions = ["enable", "environment", "environmentFile", "package"]

/** The service of NixOS is the systemd unit, but for where the program lies. */
const serviceProblems = (service: Readonly<Record<string, string | ReadonlyArray<string>>>): ReadonlyArray<string> => {
  const { ExecStart: theirs, ...unit } = settingsOf(systemdUnit, "Service")
  const { ExecStart: ours, ...module } = service
  return [
    ...(isDeepStrictEqual(module, unit) ? [] : [`the module's service is ${JSON.stringify(module)}`]),
    ...(ours === "/package/bin/inquiries-mailer run" && String(theirs).endsWith(" run") ? [] : [`it starts ${ours}`])
  ]
}

/** Put beside the flake: what it reads, and the false nixpkgs. */
const beside = ["docs/nix", "package.json", "package-lock.json"]

const shell = { default: ["nodejs_24", "postgresql_18", "actionlint", "gitleaks"] }

const devShells = {
  "aarch64-darwin": shell,
  "aarch64-linux": shell,
  "x86_64-darwin": shell,
  "x86_64-linux": shell
}

const offered = {
  devShells,
  packages: { "x86_64-linux": ["default"], "aarch64-linux": ["default"] },
  nixosModules: ["default"]
}

interface Package {
  readonly version: string
  readonly src: ReadonlyArray<string>
  readonly npmDeps: {
    readonly package: object
    readonly packageLock: { readonly packages: Readonly<Record<string, { readonly integrity?: string }>> }
    readonly packageSourceOverrides: Readonly<Record<string, Fetched>>
  }
}

interface Fetched {
  readonly name: string
  readonly hash: string
  readonly script: string
}

/** Every package is fetched as the lock says, by its name, version and hash; what the build reads is there to be read. */
const packageProblems = ({ npmDeps, src, version }: Package): ReadonlyArray<string> => {
  const { packages } = npmDeps.packageLock
  const locked = Object.entries(packages).filter(([, { integrity }]) => integrity !== undefined)
  const fetched = Object.entries(npmDeps.packageSourceOverrides)
  const msal = npmDeps.packageSourceOverrides["node_modules/@azure/msal-node"]
  const { dependencies, version: ours } = JSON.parse(fs.readFileSync("package.json", "utf8"))
  const wanted = `npm pack --silent "@azure/msal-node@${dependencies["@azure/msal-node"]}"`
  return [
    ...(version === ours ? [] : [`the package has the version ${version}`]),
    ...src.filter((name) => !fs.existsSync(name)).map((name) => `${name} is not there to be built`),
    ...(fetched.length === locked.length ? [] : [`${fetched.length} of ${locked.length} packages are fetched`]),
    ...fetched
      .filter(([path, { hash }]) => hash !== packages[path]?.integrity)
      .map(([path]) => `${path} has another hash`),
    ...(msal?.script.includes(wanted) && msal.name.startsWith("azure-msal-node-") ? [] : [`it lacks ${wanted}`]),
    ...("optionalDependencies" in npmDeps.package ? ["it fetches a PostgreSQL"] : [])
  ]
}

const nix = (home: string, ...args: ReadonlyArray<string>) => {
  const { status, stderr, stdout } = spawnSync(program, args, {
    cwd: home,
    encoding: "utf8",
    timeout: 30_000,
    env: {
      PATH: process.env["PATH"],
      // Nothing of this user's settings, nothing written outside, and a wall where a network would be.
      HOME: home,
      NIX_REMOTE: "dummy://",
      NIX_STATE_DIR: home,
      HTTPS_PROXY: "http://127.0.0.1:9"
    }
  })
  return { passed: status === 0, stderr, stdout }
}

export const problemsOf = Effect.fnUntraced(function* (flake: string) {
  const home = yield* folder
  fs.writeFileSync(join(home, "flake.nix"), flake)
  for (const path of beside) fs.cpSync(path, join(home, path), { recursive: true })
  fs.copyFileSync("test/deploy/nixpkgs.nix", join(home, "evaluation.nix"))
  const parsed = nix(home, "--parse", "flake.nix")
  if (!parsed.passed) return [parsed.stderr]
  const evaluated = nix(home, "--eval", "--strict", "--json", "evaluation.nix")
  if (!evaluated.passed) return [evaluated.stderr]
  const { inputs, options, outputs, packages, service } = JSON.parse(evaluated.stdout)
  return [
    ...(isDeepStrictEqual(outputs, offered) ? [] : [`offers ${JSON.stringify(outputs)}`]),
    ...packageProblems(packages),
    ...(isDeepStrictEqual(options, moduleOptions) ? [] : [`the module has the options ${JSON.stringify(options)}`]),
    ...serviceProblems(service.serviceConfig),
    ...(isDeepStrictEqual(inputs, { nixpkgs: { url: urlOf(flake) } }) ? [] : [`has inputs ${JSON.stringify(inputs)}`])
  ]
}, Effect.scoped)

const urlOf = (flake: string) => /inputs\.nixpkgs\.url = "([^"]*)"/.exec(flake)?.[1] ?? ""

/**
 * The tip of nixos-26.05 as lock files of other public repositories have it, which was not fetched here. Whoever updates
 * the flake lets Nix write flake.lock, and copies it from there.
 */
const locked = {
  lastModified: 1790340521,
  narHash: "sha256-cRrWlIjVRJ6BHDr9caUdXsZ3owzWIKYHpNmGPHBInIU=",
  rev: "f5c082a40f7571c266e74e80ae2e68aadd8a9fc7"
}

/** Compared here and not by `nix flake metadata`, which asks the network as soon as the two differ. */
export const lockProblems = (flake: string, lock: string): ReadonlyArray<string> => {
  const [, type, owner, repo, ref] = /^(github):([^/]+)\/([^/]+)\/([^/]+)$/.exec(urlOf(flake)) ?? []
  const original = { owner, ref, repo, type }
  const { nodes, root, version } = JSON.parse(lock)
  const expected = { locked: { ...locked, owner, repo, type }, original }
  return [
    ...(version === 7 && root === "root" ? [] : ["the lock is of another version"]),
    ...(isDeepStrictEqual(nodes?.root, { inputs: { nixpkgs: "nixpkgs" } }) ? [] : ["the lock has other inputs"]),
    ...(isDeepStrictEqual(nodes?.nixpkgs, expected)
      ? []
      : [`nixpkgs is locked as ${JSON.stringify(nodes?.nixpkgs)}, not as ${JSON.stringify(expected)}`])
  ]
}
