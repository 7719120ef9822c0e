// The Nix flake: it can be read, offers one shell on four systems, and its lock belongs to it.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { edited, flake, flakeLock } from "./edited.ts"
import { lockProblems, missing, problemsOf } from "./flake.ts"

const refused: ReadonlyArray<readonly [what: string, from: string, to: string, problem: string]> = [
  ["Nix that is none", "    in\n", "", "syntax error"],
  ["a fifth system", '"aarch64-darwin"', '"aarch64-darwin"\n"riscv64-linux"', '"riscv64-linux":'],
  [
    "a package for a system that it cannot be built for",
    "built = [",
    'built = [\n"x86_64-darwin"',
    '"x86_64-darwin":["default"]'
  ],
  ["a service of another name", "nixosModules.default", "nixosModules.mailer", "'default' missing"],
  ["one system less", '        "aarch64-linux"\n', "", 'offers {"devShells":{"aarch64-darwin"'],
  ["another Node", "pkgs.nodejs_24", "pkgs.nodejs_22", "'nodejs_22' missing"],
  ["a shell that lacks a linter", "            pkgs.gitleaks\n", "", 'offers {"devShells"'],
  ["an output that nobody looked at", "      devShells =", "      checks = { };\n      devShells =", '"checks":{}'],
  ["a second input", "  outputs =", '  inputs.other.url = "path:/x";\n  outputs =', "has inputs"]
]

const refusedLocks: ReadonlyArray<readonly [what: string, from: string, to: string]> = [
  ["another branch than the flake", '"ref": "nixos-26.05"', '"ref": "nixos-25.11"'],
  ["another commit", '"rev": "f5c0', '"rev": "f5c1'],
  ["another hash", '"narHash": "sha256-cRrW', '"narHash": "sha256-cRrX'],
  ["another repository", '"owner": "NixOS"', '"owner": "nixos"'],
  ["an input that the flake has not", '"nixpkgs": "nixpkgs"', '"nixpkgs": "nixpkgs",\n"other": "other"'],
  ["another version of the format", '"version": 7', '"version": 5']
]

if (missing !== undefined) process.stdout.write(`flake.nix was not read by Nix: ${missing}\n`)

describe.skipIf(missing !== undefined)(`the flake${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  it.effect(
    "offers a shell on four systems, a package of what the lock names, and the service that is the systemd unit",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* problemsOf(flake), [])
      })
  )

  it.effect.each(refused)("must not have %s", ([, from, to, problem]) =>
    Effect.gen(function* () {
      assert.include((yield* problemsOf(edited(flake, from, to))).join("\n"), problem)
    })
  )
})

describe("the lock of the flake", () => {
  it("belongs to the flake", () => {
    assert.deepStrictEqual(lockProblems(flake, flakeLock), [])
  })

  it.each(refusedLocks)("must not have %s", (_, from, to) => {
    assert.isNotEmpty(lockProblems(flake, edited(flakeLock, from, to)))
  })

  it("must not be older than the flake's branch", () => {
    assert.isNotEmpty(lockProblems(edited(flake, "nixos-26.05", "nixos-26.11"), flakeLock))
  })
})
