// The systemd unit: read as far as it is used here, and what systemd's own tools say of it.
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const systemdUnit = fs.readFileSync("docs/systemd/inquiries-mailer.service", "utf8")

/** The settings of a section; one that is there several times has several values. */
export const settingsOf = (unit: string, section: string): Readonly<Record<string, string | ReadonlyArray<string>>> => {
  const [, body = ""] = unit.split(`\n[${section}]\n`)
  const [own = ""] = body.split(/^\[/m)
  const lines = own.split("\n").filter((line) => /^[A-Z]/.test(line))
  const pairs = lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const)
  return Object.fromEntries(
    pairs.map(([name, value]) => {
      const values = pairs.filter(([other]) => other === name).map(([, one]) => one)
      return [name, values.length > 1 ? values : value]
    })
  )
}

/** Why systemd cannot be asked here; undefined if it can. */
export const missing =
  spawnSync("systemd-analyze", ["--version"]).error === undefined
    ? undefined
    : "there is no systemd-analyze: apt-get install --no-install-recommends systemd"

/** With Node where it is on this machine, because systemd looks whether the program is there. */
const asked = (unit: string, ...args: ReadonlyArray<string>): string => {
  const folder = fs.mkdtempSync(join(tmpdir(), "inquiries-mailer-unit-"))
  const file = join(folder, "inquiries-mailer.service")
  fs.writeFileSync(file, unit.replace("ExecStart=/usr/bin/node ", `ExecStart=${process.execPath} `))
  const { stderr, stdout } = spawnSync("systemd-analyze", [...args, file], { encoding: "utf8", timeout: 30_000 })
  fs.rmSync(folder, { recursive: true })
  return stdout + stderr
}

/** What `verify` says; it ends with 0 even when it does not know a setting. */
export const complaints = (unit: string): string => asked(unit, "verify", "--man=no")

/** From 0, which can reach nothing, to 10. */
export const exposure = (unit: string): number => {
  const said = asked(unit, "security", "--offline=true", "--no-pager")
  return Number(/exposure level for \S+: ([\d.]+)/.exec(said)?.[1])
}

/** systemd's groups of system calls, each with what it holds; groups may be in groups. */
const groups = (): ReadonlyMap<string, ReadonlyArray<string>> => {
  const { stdout } = spawnSync("systemd-analyze", ["syscall-filter", "--no-pager"], { encoding: "utf8" })
  const blocks = stdout.split(/^(?=@)/m).map((block) => block.split("\n").map((line) => line.trim()))
  return new Map(blocks.map(([name = "", ...lines]) => [name, lines.filter((line) => /^[@a-z]/.test(line))]))
}

/** What the filter lets through, with systemd's groups written out. */
export const allowedCalls = (filters: ReadonlyArray<string>): ReadonlySet<string> => {
  const known = groups()
  const callsOf = (name: string): ReadonlyArray<string> =>
    name.startsWith("@") ? (known.get(name) ?? []).flatMap(callsOf) : [name]
  const calls = new Set<string>()
  for (const filter of filters) {
    for (const call of filter.replace("~", "").split(" ").flatMap(callsOf)) {
      if (filter.startsWith("~")) calls.delete(call)
      else calls.add(call)
    }
  }
  return calls
}
