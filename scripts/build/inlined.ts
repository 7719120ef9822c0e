// Puts the files of the status page into the bundle, in the place of the calls in src/http/page.ts that read them from disk.
import { readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import type { Plugin } from "rolldown"

export const inlined: Plugin = {
  name: "files of the status page",
  transform: {
    filter: { id: /[\\/]src[\\/]http[\\/]page\.ts$/ },
    handler: (code, id) =>
      code.replaceAll(/\bread\("(\.[^"]+)"\)/g, (_, name: string) =>
        JSON.stringify(readFileSync(resolve(dirname(id), name), "utf8"))
      )
  }
}
