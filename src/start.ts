// What is run: it lets Node keep the compiled program for the next start, and loads the program. Where there is no such
// thing (before Node 22.1) or nothing may be written, the start takes longer and nothing else is different.
import * as module from "node:module"
import { fileURLToPath } from "node:url"
import { setFlagsFromString } from "node:v8"

// What a start leaves behind V8 looks for as soon as it is quiet, three times in two seconds and with all its threads, to give
// back what the next rows take: over hundreds of databases that is a second of the processor. It is content with a promise made
// before the first of it is there; afterwards it no longer listens. Nothing depends on it.
setFlagsFromString("--gc-memory-reducer-start-delay-ms=600000")

// Beside the program, because what lies there is run: whoever may write it may also write the program.
module.enableCompileCache?.(fileURLToPath(new URL(".compiled", import.meta.url)))
await import("./main.ts")
