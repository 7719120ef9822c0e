// Writes what is made from the Schemas: the JSON schemas of schema/ and the tables of docs/settings.md; with --check it
// compares and fails if a file is not what would be written.
import { NodeFileSystem, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, FileSystem } from "effect"
import * as Settings from "../src/Settings/JsonSchema.ts"
import * as StatusDocument from "../src/StatusDocument.ts"
import * as settingsPage from "./docs/settingsPage.ts"

const texts: Readonly<Record<string, (before: string) => string>> = {
  "schema/mailer-databases.schema.json": Settings.jsonSchemaText,
  "schema/status.schema.json": StatusDocument.jsonSchemaText,
  "docs/settings.md": settingsPage.written
}

const one = Effect.fnUntraced(function* (path: string, make: (before: string) => string) {
  const files = yield* FileSystem.FileSystem
  const before = yield* Effect.orElseSucceed(files.readFileString(path), () => "")
  const text = make(before)
  if (!process.argv.includes("--check")) return yield* files.writeFileString(path, text)
  if (before === text) return yield* Console.log(`${path} is up to date`)
  return yield* Effect.fail(`${path} is not what src makes: run npx tsx scripts/schemas.ts`)
})

const program = Effect.forEach(Object.entries(texts), ([path, make]) => one(path, make))

NodeRuntime.runMain(Effect.provide(program, NodeFileSystem.layer))
