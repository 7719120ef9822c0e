// The package: a program that runs away from node_modules, in a few files so that no start waits for what it does not need,
// and what has to be handed on with it. Nothing is mangled, so that a stack trace names our functions without a source map of five times the size.
import { defineConfig } from "rolldown"
import { inlined } from "./scripts/build/inlined.ts"
import { shipped } from "./scripts/build/shipped.ts"

export default defineConfig({
  input: { main: "src/start.ts" },
  platform: "node",
  tsconfig: false,
  plugins: [inlined, shipped],
  // No comments with the path of each module: from wherever it is built, the file is the same.
  experimental: { attachDebugInfo: "none" },
  output: {
    dir: "dist",
    // What an earlier build left would be handed on with it.
    cleanDir: true,
    entryFileNames: "main.js",
    chunkFileNames: ({ isDynamicEntry, name }) =>
      isDynamicEntry ? `${name === "main" ? "program" : name}.js` : "shared.js",
    format: "esm",
    comments: false,
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
    banner: ({ isEntry }) => (isEntry ? "#!/usr/bin/env node" : "")
  }
})
