// What V8 is asked for before it runs anything of the program. Nothing depends on it.

// What a start leaves behind V8 looks for as soon as it is quiet, three times in two seconds and with all its threads, to give
// back what the next rows take: over hundreds of databases that is a second of the processor. It is content with a promise made
// before the first of it is there; afterwards it no longer listens.
const noHaste = "--gc-memory-reducer-start-delay-ms=600000"

// V8 compiles well what has run some thousand times. Where a row comes now and then that takes days, and each mail until then
// takes longer. Each V8 has words of its own for it, by its major version: of Node 20, 22 and 24.
const sooner: Record<string, ReadonlyArray<string>> = {
  11: ["--interrupt-budget=5000"],
  12: ["--invocation-count-for-turbofan=200", "--minimum-invocations-after-ic-update=50"],
  13: [
    "--invocation-count-for-turbofan=200",
    "--minimum-invocations-after-ic-update=50",
    "--invocation-count-for-maglev=50"
  ]
}

/** For this version; one that is not known is asked for nothing that it may not know: it would complain at each start. */
export const flagsFor = (v8: string): ReadonlyArray<string> => [noHaste, ...(sooner[v8.split(".", 1)[0] ?? ""] ?? [])]
