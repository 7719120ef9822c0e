// Previews as files for a person to open. They hold customers' data: the folder and the files are for this user alone, and
// nothing of a stranger's is in a file's name.
import { Effect, FileSystem, Path } from "effect"
import { createHash } from "node:crypto"
import type { Previewed } from "./Preview.ts"

const folderMode = 0o700
const fileMode = 0o600

/** Makes the folder where it is missing; true if others may look into one that was there. */
export const prepare = Effect.fn("PreviewFiles.prepare")(function* (folder: string) {
  const fs = yield* FileSystem.FileSystem
  yield* fs.makeDirectory(folder, { recursive: true, mode: folderMode })
  const { mode } = yield* fs.stat(folder)
  return (mode & 0o077) !== 0
})

/** Writes the mail as it would go out, and its two parts; tells the path without the ending. Names in `used` are not used again. */
export const write = Effect.fn("PreviewFiles.write")(function* (
  folder: string,
  about: ReadonlyArray<string>,
  { key, mail, mime, secretKey }: Previewed,
  used: Set<string>
) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const name = unused([...about, secretKey ? hashed(key) : key].map(plain).join("-"), used)
  const stem = path.join(folder, name)
  for (const [ending, data] of [
    ["eml", mime],
    ["html", Buffer.from(mail.html)],
    ["txt", Buffer.from(mail.text)]
  ] as const) {
    // Anew, so that it is never written through a link, nor with another's rights.
    yield* fs.remove(`${stem}.${ending}`, { force: true })
    yield* fs.writeFile(`${stem}.${ending}`, data, { flag: "wx", mode: fileMode })
  }
  return stem
})

export const endings = ".eml, .html, .txt"

const plain = (part: string): string =>
  part
    .replace(/(?:[^A-Za-z0-9._-]|\.{2,})+/g, "_")
    .replace(/^\.+/, "_")
    .slice(0, 60)

const hashed = (key: string): string => createHash("sha256").update(key).digest("hex").slice(0, 12)

const unused = (name: string, used: Set<string>): string => {
  let free = name
  // Some file systems take capitals and small letters for the same.
  for (let next = 2; used.has(free.toLowerCase()); next++) free = `${name}-${next}`
  used.add(free.toLowerCase())
  return free
}
