// The package: one self-contained file that runs away from node_modules, and what has to be handed on with it. Nothing is
// mangled, so that a stack trace names our functions without a source map of five times the size.
import { defineConfig } from "rolldown"
import { inlined } from "./scripts/build/inlined.ts"
import { shipped } from "./scripts/build/shipped.ts"

export default defineConfig({
  input: "src/main.ts",
  platform: "node",
  tsconfig: false,
  plugins: [inlined, shipped],
  // No comments with the path of each module: from wherever it is built, the file is the same.
  experimental: { attachDebugInfo: "none" },
  output: {
    file: "dist/main.js",
    format: "esm",
    codeSplitting: false,
    comments: false,
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
    banner: "#!/usr/bin/env node"
  }
})
