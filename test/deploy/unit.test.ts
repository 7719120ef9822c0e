// The systemd unit: systemd understands it, it reaches little, and it fits how the worker starts and ends.
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { exitCodes } from "../../src/ExitStatus.ts"
import { shutdownBudget } from "./blueprint.ts"
import { edited } from "./edited.ts"
import { allowedCalls, complaints, exposure, missing, settingsOf, systemdUnit } from "./unit.ts"

const budget = shutdownBudget(readFileSync("src/main.ts", "utf8"))

// Recorded with `strace -f` on x86-64, Node 20.20: `migrate`, the worker with a mail and an answer over HTTP, and `health`, as
// test/integration/container.test.ts starts them.
const recorded = readFileSync("test/deploy/syscalls.txt", "utf8").split(/\s+/).filter(Boolean)

if (missing !== undefined) process.stdout.write(`the systemd unit was not read by systemd: ${missing}\n`)

describe("the systemd unit", () => {
  const service = settingsOf(systemdUnit, "Service")

  it("starts the worker without npm, and gives it longer to end than it takes", () => {
    assert.strictEqual(service["ExecStart"], "/usr/bin/node /opt/inquiries-mailer/main.js run")
    assert.isAbove(Number(service["TimeoutStopSec"]) * 1000, budget)
    assert.include(systemdUnit, `within ${budget / 1000} s`)
  })

  it("starts it again for ever, unless its settings are wrong", () => {
    assert.strictEqual(service["Restart"], "always")
    assert.strictEqual(service["RestartPreventExitStatus"], String(exitCodes.settings))
    assert.strictEqual(settingsOf(systemdUnit, "Unit")["StartLimitIntervalSec"], "0")
  })

  it("holds no setting of the worker itself: they are in a file that only root can read", () => {
    assert.strictEqual(service["EnvironmentFile"], "/etc/inquiries-mailer/environment")
    assert.notProperty(service, "Environment")
  })
})

describe.skipIf(missing !== undefined)(`systemd${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
  it("has nothing to say against the unit, and does against a misspelt one", () => {
    assert.strictEqual(complaints(systemdUnit), "")
    assert.include(complaints(edited(systemdUnit, "ProtectHome", "ProtectHouse")), "ProtectHouse")
  })

  it("rates it below 2.0, and higher without its user", () => {
    const rated = exposure(systemdUnit)
    assert.isAtMost(rated, 2)
    assert.isAbove(exposure(edited(systemdUnit, "DynamicUser=yes", "")), rated)
  })

  it("lets through every system call that the worker was seen to make", () => {
    const filters = [settingsOf(systemdUnit, "Service")["SystemCallFilter"] ?? []].flat()
    const allowed = allowedCalls(filters)
    assert.isAbove(recorded.length, 40)
    assert.deepStrictEqual(
      recorded.filter((call) => !allowed.has(call)),
      []
    )
    const without = allowedCalls(filters.map((filter) => filter.replace("@system-service", "@basic-io")))
    assert.isFalse(without.has("connect"))
  })
})
