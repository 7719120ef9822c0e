// Writes the JSON schemas of schema/ from the Schemas that decode and encode; with --check it compares and fails if a file
// is not what would be written.
import { NodeFileSystem, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, FileSystem } from "effect"
import * as Settings from "../src/Settings/JsonSchema.ts"
import * as StatusDocument from "../src/StatusDocument.ts"

const texts = {
  "schema/mailer-databases.schema.json": Settings.jsonSchemaText,
  "schema/status.schema.json": StatusDocument.jsonSchemaText
}

const one = Effect.fnUntraced(function* (path: string, text: string) {
  const files = yield* FileSystem.FileSystem
  if (!process.argv.includes("--check")) return yield* files.writeFileString(path, text)
  const written = yield* Effect.orElseSucceed(files.readFileString(path), () => "")
  if (written === text) return yield* Console.log(`${path} is up to date`)
  return yield* Effect.fail(`${path} is not what src makes: run npx tsx scripts/schemas.ts`)
})

const program = Effect.forEach(Object.entries(texts), ([path, text]) => one(path, text()))

NodeRuntime.runMain(Effect.provide(program, NodeFileSystem.layer))
