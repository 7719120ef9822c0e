// A database as `check` looks at it, without a server: its settings are called as in the environment.
import { Redacted } from "effect"
import type { Subject } from "../../src/check/Setting.ts"
import type { Database } from "../../src/Database.ts"
import { databaseAt } from "./line.ts"

export const subjectAt = (host: string, overrides: Partial<Database> = {}): Subject => ({
  database: databaseAt(
    { host, port: 5432, database: "autos", user: "mailer", password: Redacted.make("hunter2") },
    "http://127.0.0.1:1",
    overrides
  ),
  setting: (path, value) => `${path.join(".")}=${value}`,
  byUrl: false
})
