// The dashboard for Grafana and the rules for Prometheus in docs/observe: every name, label and word in their expressions
// is one that a worker exports. A metric that is renamed fails here.
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Metric, SubscriptionRef } from "effect"
import { parse } from "yaml"
import * as Gauges from "../src/fleet/Gauges.ts"
import * as Metrics from "../src/Metrics.ts"
import type { Status } from "../src/State.ts"
import { watched } from "./support/fakes.ts"
import { silently } from "./support/quiet.ts"

type Exported = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>

/** Values by label by name of series, of a worker that has one database and has done nothing yet. */
const exported: Effect.Effect<Exported> = Effect.gen(function* () {
  const status: Status = {
    state: { _tag: "listening" },
    since: yield* DateTime.now,
    crashes: 0,
    allCrashes: 0,
    restarts: 0
  }
  const statuses = yield* SubscriptionRef.make<ReadonlyMap<string, Status>>(new Map([["autos", status]]))
  yield* Metrics.observe([{ ...watched.database, tables: [watched.table] }], statuses)
  yield* Metrics.setBacklog("autos", { waiting: 1, age: 1, parked: 1 })
  yield* Gauges.set({ workers: 1, databases: 1, share: 1, sound: true })
  // The loop is measured after half a second.
  yield* Effect.sleep("700 millis")
  const series = new Map<string, Map<string, Set<string>>>()
  for (const line of (yield* Metrics.exposition).split("\n")) {
    const [, name, labels = ""] = /^(inquiries_mailer_\w+)(?:\{(.*)\})? /.exec(line) ?? []
    if (name === undefined) continue
    const own = series.get(name) ?? new Map<string, Set<string>>()
    series.set(name, own)
    for (const [, label = "", value = ""] of labels.matchAll(/(\w+)="([^"]*)"/g)) {
      own.set(label, (own.get(label) ?? new Set()).add(value))
    }
  }
  return series
}).pipe(Effect.scoped, Effect.provideService(Metric.MetricRegistry, new Map()), silently)

/** Labels whose values come from the settings, the network or Grafana: no list of them is short. */
const open = new Set(["database", "table", "status", "le"])

/** What Prometheus itself knows. */
const prometheus: Exported = new Map([
  ["up", new Map([["job", new Set(["inquiries-mailer"])]])],
  [
    "ALERTS",
    new Map([
      ["alertname", new Set(["InquiriesMailer.*"])],
      ["alertstate", new Set(["firing"])]
    ])
  ]
])

/** What is wrong with an expression; its functions are left to Prometheus. */
const mistakes = (expression: string, exported: Exported): ReadonlyArray<string> => {
  const known = new Map([...exported, ...prometheus])
  const used = [...expression.matchAll(/\b(inquiries_mailer_\w+|up(?=\{)|ALERTS)(?:\{([^}]*)\})?/g)]
  const found = used.length === 0 ? [`no metric in ${expression}`] : []
  const labels = new Set<string>()
  for (const [, name = "", matchers = ""] of used) {
    const own = known.get(name)
    if (own === undefined) found.push(`${name} is not exported`)
    for (const label of own?.keys() ?? []) labels.add(label)
    for (const [, label = "", value = ""] of matchers.matchAll(/(\w+)=~?"([^"]*)"/g)) {
      const values = own?.get(label)
      if (values === undefined) found.push(`${name} has no label ${label}`)
      else if (!open.has(label)) {
        found.push(...value.split("|").flatMap((one) => (values.has(one) ? [] : [`${label} is never ${one}`])))
      }
    }
  }
  for (const [, by = ""] of expression.matchAll(/\bby \(([^)]*)\)/g)) {
    found.push(...by.split(",").flatMap((one) => (labels.has(one.trim()) ? [] : [`nothing has a label ${one.trim()}`])))
  }
  return found
}

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: { readonly severity: string }
  readonly annotations: { readonly summary: string; readonly description: string }
}

const groups: ReadonlyArray<{ readonly name: string; readonly rules: ReadonlyArray<Rule> }> = parse(
  readFileSync("docs/observe/prometheus-rules.yml", "utf8")
).groups
const rules = groups.flatMap(({ rules }) => rules)

interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: ReadonlyArray<{ readonly expr: string; readonly legendFormat: string }>
}

const dashboard: {
  readonly panels: ReadonlyArray<Panel>
  readonly templating: { readonly list: ReadonlyArray<{ readonly name: string }> }
} = JSON.parse(readFileSync("docs/observe/grafana-dashboard.json", "utf8"))
const shown = dashboard.panels.filter(({ type }) => type !== "row")
const expressions = shown.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

describe("the rules for Prometheus", () => {
  it("have the shape that Prometheus reads, and say what happened and what to do", () => {
    assert.isAtLeast(rules.length, 10)
    assert.lengthOf(new Set(rules.map(({ alert }) => alert)), rules.length)
    for (const { alert, annotations, expr, for: lasting, labels, ...others } of rules) {
      assert.match(alert, /^InquiriesMailer[A-Za-z]+$/)
      assert.isString(expr)
      assert.match(lasting ?? "0s", /^\d+[smhd]$/)
      assert.include(["critical", "warning"], labels.severity)
      assert.deepStrictEqual(Object.keys(annotations), ["summary", "description"])
      for (const text of Object.values(annotations)) assert.isAtLeast(text.length, 20)
      assert.deepStrictEqual(others, {})
    }
  })

  it("name a label in their texts only where the expression leaves it", () => {
    for (const { annotations, expr } of rules) {
      for (const [, label = ""] of JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)) {
        assert.isTrue(expr.includes(`by (${label})`) || expr.includes(`by (${label},`) || expr.startsWith("up{"), expr)
      }
    }
  })
})

describe("the dashboard for Grafana", () => {
  it("shows each panel once, in a place of its own, with a description", () => {
    assert.lengthOf(new Set(dashboard.panels.map(({ id }) => id)), dashboard.panels.length)
    const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)} ${y + Math.floor(n / w)}`)
    )
    assert.lengthOf(new Set(cells), cells.length)
    for (const { description, gridPos, targets, title } of shown) {
      assert.isAtLeast(description?.length ?? 0, 10, title)
      assert.isAtLeast(targets?.length ?? 0, 1, title)
      assert.isAtMost(gridPos.x + gridPos.w, 24, title)
    }
  })

  it("uses the variables that it has", () => {
    const has = dashboard.templating.list.map(({ name }) => name)
    const used = [...JSON.stringify(dashboard.panels).matchAll(/\$\{?([a-z]\w*)/g)].map(([, name = ""]) => name)
    assert.sameMembers([...new Set(used)], has)
  })

  it.live("and the rules use what a worker exports, and together all of it", () =>
    Effect.gen(function* () {
      const names = yield* exported
      assert.isAtLeast(names.size, 13)
      const all = [...expressions, ...rules.map(({ expr }) => expr)]
      for (const expression of all) assert.deepStrictEqual(mistakes(expression, names), [], expression)
      const families = new Set([...names.keys()].map((name) => name.replace(/_(bucket|count|sum)$/, "")))
      for (const family of families) assert.include(expressions.join("\n"), family)
    })
  )

  it.live("would not hold for a renamed metric, label or word", () =>
    Effect.gen(function* () {
      const names = yield* exported
      assert.deepStrictEqual(mistakes("sum by (tabel) (inquiries_mailer_backlogs)", names), [
        "inquiries_mailer_backlogs is not exported",
        "nothing has a label tabel"
      ])
      assert.deepStrictEqual(mistakes('inquiries_mailer_database_state{stat="x",state=~"listening|deaf"}', names), [
        "inquiries_mailer_database_state has no label stat",
        "state is never deaf"
      ])
      assert.lengthOf(mistakes("vector(0)", names), 1)
    })
  )
})
