// One self-contained file that runs away from node_modules.
import { defineConfig } from "rolldown"

export default defineConfig({
  input: "src/main.ts",
  platform: "node",
  tsconfig: false,
  output: {
    file: "dist/main.js",
    format: "esm",
    codeSplitting: false,
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: false } },
    banner: "#!/usr/bin/env node"
  }
})
