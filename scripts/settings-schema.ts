// Writes schema/mailer-databases.schema.json from the Schema that decodes the settings; with --check it compares and
// fails if the file is not what would be written.
import { NodeFileSystem, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, FileSystem } from "effect"
import { jsonSchemaText } from "../src/Settings/JsonSchema.ts"

const path = "schema/mailer-databases.schema.json"

const program = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const text = jsonSchemaText()
  if (!process.argv.includes("--check")) return yield* files.writeFileString(path, text)
  const written = yield* files.readFileString(path)
  if (written === text) return yield* Console.log(`${path} is up to date`)
  return yield* Effect.fail(`${path} is not what src/Settings makes: run npx tsx scripts/settings-schema.ts`)
})

NodeRuntime.runMain(Effect.provide(program, NodeFileSystem.layer))
