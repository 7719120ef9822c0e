// The tables of docs/settings.md, made from what decodes the settings. Between two markers each; what stands around them
// is written by hand. A setting without a word about it does not compile.
import { field, fieldNames } from "../../src/Settings/Fields.ts"
import type { otelFields } from "../../src/Settings/Otel.ts"
import { isServiceName, serviceExample, serviceFields } from "../../src/Settings/Service.ts"

// Those of OpenTelemetry have docs/tracing.md.
const shared: Readonly<Record<Exclude<keyof typeof serviceFields, keyof typeof otelFields>, string>> = {
  ALERT_EMAIL: "Who gets [alerts](alerting.md) by mail, with commas between several. Default: nobody.",
  ALERT_WEBHOOK_FORMAT:
    "What is posted: `json`, `slack` or `teams`. Default: as fits the host of `ALERT_WEBHOOK_URL`, else `json`.",
  ALERT_WEBHOOK_URL:
    "Where [alerts](alerting.md) are posted: `https://…`, or `http://` on this machine. Default: nobody is told.",
  CLUSTER_DATABASE_URL:
    "Where workers meet that share the databases: a database of its own, never a watched one. Default: this worker watches all of them.",
  CLUSTER_NAME: "What this worker is called there. Default: the machine's name.",
  GRAPH_CLOUD: "`global`, `usgov`, `dod` or `china`. Default: `global`.",
  GRAPH_EMULATOR_URL: "For tests: login and Graph at this origin instead, only on this machine.",
  LOG_LEVEL: "`trace`, `debug`, `info`, `warn` or `error`. Default: `info`.",
  LOG_FORMAT: "`json` or `pretty`. Default: `pretty` on a terminal, else `json`.",
  RECEIPT_EMAIL: "Who gets [the daily receipt](receipt.md), with commas between several. Default: nobody.",
  RECEIPT_AT: "When, as a time of day. Default: `08:00`.",
  RECEIPT_TIME_ZONE: "Whose time, and whose day is counted: an IANA name. Default: UTC.",
  PORT: "The worker answers [over HTTP](watching.md) on this port. Default: it answers nobody.",
  HOST: "The address that it answers on: `127.0.0.1` is this machine alone, `0.0.0.0` everybody who reaches it. Read only with `PORT`. Default: `127.0.0.1`.",
  ADMIN_TOKEN:
    "A password of 16 to 200 signs for whoever changes something over HTTP or asks from another machine. Read only with `PORT`. Default: nobody may."
}

const places: Readonly<Record<string, readonly [meaning: string, example: string]>> = {
  MAILER_CONFIG: ["A JSON file with the databases, instead of numbered variables.", "databases.json"],
  MAILER_DATABASES: ["The same JSON itself.", '[{"name": …}]']
}

const code = (text: string) => (text === "" ? "" : `\`${text}\``)

/** Aligned, as the formatter would have it. */
const table = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? "").length)))
  const line = (cells: ReadonlyArray<string>) =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`
  const [head = [], ...body] = rows
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...body.map(line)].join("\n")
}

const databases = () =>
  table([
    ["variable", "in JSON", "meaning", "example"],
    ...fieldNames.map((name) => {
      const { description, example, variable = "" } = field(name)
      const partly = name === "address"
      return [
        partly || variable === "" ? "" : code(`${variable}[_N]`),
        code(name),
        description,
        partly ? "" : code(example)
      ]
    })
  ])

const service = () =>
  table([
    ["variable", "meaning", "example"],
    ...Object.entries(places).map(([name, [meaning, example]]) => [code(name), meaning, code(example)]),
    ...Object.entries(shared).map(([name, meaning]) => [
      code(name),
      meaning,
      code(isServiceName(name) ? serviceExample(name).slice(name.length + 1) : "")
    ])
  ])

const tables = { databases, service }

/** Every variable that is read, numbered ones without their number. */
export const variables: ReadonlyArray<string> = [
  ...new Set(fieldNames.flatMap((name) => field(name).variable ?? [])),
  ...Object.keys(places),
  ...Object.keys(serviceFields),
  "OTEL_SDK_DISABLED"
]

/** The page with its tables made anew. */
export const written = (page: string): string =>
  Object.entries(tables).reduce(
    (text, [name, make]) =>
      text.replace(
        new RegExp(`(<!-- made: ${name} -->)[\\s\\S]*?(<!-- /made -->)`),
        (_, before: string, after: string) => `${before}\n\n${make()}\n\n${after}`
      ),
    page
  )
