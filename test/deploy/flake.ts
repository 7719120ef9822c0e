// What flake.nix offers, as Nix reads it, with a nixpkgs of four false packages: no network, no store, nothing built. That
// the true packages exist and open a shell is for the CI workflow to see.
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import { Effect } from "effect"

const program = "nix-instantiate"

/** Why nothing can be read by Nix here; undefined if it can. */
export const missing =
  spawnSync(program, ["--version"]).error === undefined
    ? undefined
    : "there is no nix-instantiate: run scripts/ensure-tools.sh as root, or install Nix"

const folder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(join(tmpdir(), "inquiries-mailer-nix-"))),
  (path) => Effect.sync(() => fs.rmSync(path, { recursive: true }))
)

/** Hands out whatever system is asked for, so that one too many shows. */
const evaluation = `
  let
    genAttrs = names: value: builtins.listToAttrs (map (name: { inherit name; value = value name; }) names);
    packages = {
      mkShellNoCC = { packages, shellHook }: builtins.seq shellHook packages;
      nodejs_24 = "nodejs_24";
      postgresql_18 = "postgresql_18";
      actionlint = "actionlint";
      gitleaks = "gitleaks";
    };
    flake = import ./flake.nix;
  in {
    inputs = flake.inputs;
    outputs = flake.outputs {
      self = { };
      nixpkgs = {
        lib.genAttrs = genAttrs;
        legacyPackages = genAttrs [
          "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" "riscv64-linux" "i686-linux"
        ] (_: packages);
      };
    };
  }
`

const shell = { default: ["nodejs_24", "postgresql_18", "actionlint", "gitleaks"] }

const expected = {
  "aarch64-darwin": shell,
  "aarch64-linux": shell,
  "x86_64-darwin": shell,
  "x86_64-linux": shell
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
  fs.writeFileSync(join(home, "evaluation.nix"), evaluation)
  const parsed = nix(home, "--parse", "flake.nix")
  if (!parsed.passed) return [parsed.stderr]
  const evaluated = nix(home, "--eval", "--strict", "--json", "evaluation.nix")
  if (!evaluated.passed) return [evaluated.stderr]
  const { inputs, outputs } = JSON.parse(evaluated.stdout)
  return [
    ...(isDeepStrictEqual(outputs, { devShells: expected }) ? [] : [`offers ${JSON.stringify(outputs)}`]),
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
