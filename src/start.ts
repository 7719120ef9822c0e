// What is run: it lets Node keep the compiled program for the next start, and loads the program. Where there is no such
// thing (before Node 22.1) or nothing may be written, the start takes longer and nothing else is different.
import * as module from "node:module"
import { fileURLToPath } from "node:url"
import { setFlagsFromString } from "node:v8"
import { flagsFor } from "./Engine.ts"

for (const flag of flagsFor(process.versions.v8)) setFlagsFromString(flag)

// Beside the program, because what lies there is run: whoever may write it may also write the program.
module.enableCompileCache?.(fileURLToPath(new URL(".compiled", import.meta.url)))
await import("./main.ts")
