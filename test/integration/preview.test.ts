// `preview`: what a recipient would see of rows that are there, without a mail, an outbox or Microsoft.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { join } from "node:path"
import PostalMime from "postal-mime"
import * as samples from "../../scripts/stage/samples.ts"
import { folder } from "../support/folder.ts"
import { freshDatabase } from "../support/freshDatabase.ts"
import * as line from "../support/line.ts"
import { environment, program } from "../support/worker.ts"

/** A database in which nothing is installed, and no Microsoft anywhere. */
const stage = Effect.fnUntraced(function* (...created: ReadonlyArray<string>) {
  const fresh = yield* freshDatabase()
  for (const statement of [samples.inquiries.createTable, ...created]) yield* fresh.admin.unsafe(statement)
  const place = yield* folder
  const database = line.databaseAt(fresh, "http://127.0.0.1:1")
  const env = environment(database, "http://127.0.0.1:1")
  const previewing = Effect.fnUntraced(function* (
    args: ReadonlyArray<string> = [],
    environs: Record<string, string> = env
  ) {
    return yield* (yield* program(["preview", ...args], environs, place)).ended
  })
  return {
    admin: fresh.admin,
    env,
    url: fresh.url,
    place,
    previewing,
    files: (name = "inquiries-preview") => join(place, name)
  }
})

const watching = (url: string, ...tables: ReadonlyArray<string>) => ({
  PATH: process.env["PATH"] ?? "",
  MAILER_DATABASES: JSON.stringify([
    {
      name: "au/to s",
      url,
      tables: tables.map((table) => ({ table, template: "record" })),
      mail: {
        tenantId: "11111111-1111-1111-1111-111111111111",
        clientId: "22222222-2222-2222-2222-222222222222",
        clientSecret: "an-invented-secret",
        from: "noreply@example.com",
        to: ["sales@example.com"]
      }
    }
  ])
})

describe("preview", () => {
  it.live("shows the newest row as the mail it would be, in files for this user alone", () =>
    Effect.gen(function* () {
      const { admin, files, previewing } = yield* stage()
      yield* line.insertInquiries(admin, 2)
      const { code, output } = yield* previewing()
      assert.strictEqual(code, 0, output)
      assert.include(output, "autos: public.inquiries, row 2\n")
      assert.match(
        output,
        /From +noreply@example.com\n +To +sales@example.com\n +Reply-To +Person 2 <person2@example.com>\n +Subject +.*Question 2/
      )
      assert.deepStrictEqual(
        fs.readdirSync(files()).toSorted(),
        ["eml", "html", "txt"].map((ending) => `autos-public.inquiries-2.${ending}`)
      )
      assert.strictEqual(fs.statSync(files()).mode & 0o777, 0o700)
      const read = (ending: string) => {
        const path = join(files(), `autos-public.inquiries-2.${ending}`)
        assert.strictEqual(fs.statSync(path).mode & 0o777, 0o600)
        return fs.readFileSync(path, "utf8")
      }
      const mail = yield* Effect.promise(() => PostalMime.parse(read("eml")))
      assert.include(mail.subject, "Question 2")
      assert.deepStrictEqual(mail.replyTo, [{ name: "Person 2", address: "person2@example.com" }])
      assert.strictEqual(mail.text?.replaceAll("\r", "").trim(), read("txt").trim())
      assert.strictEqual(mail.html?.replaceAll("\r", "").trim(), read("html").trim())
      assert.include(read("html"), "Is it still for sale?")
      assert.deepStrictEqual(yield* admin`select from pg_namespace where nspname = 'inquiries_mailer'`, [])
    })
  )

  it.live("shows as many as asked for, or the rows with these keys, and says which key has none", () =>
    Effect.gen(function* () {
      const { admin, files, previewing } = yield* stage()
      yield* line.insertInquiries(admin, 4)
      const { output } = yield* previewing(["--last", "3", "--out", "three"])
      assert.deepStrictEqual(
        [...output.matchAll(/row (\d)/g)].map(([, key]) => key),
        ["4", "3", "2"]
      )
      assert.lengthOf(fs.readdirSync(files("three")), 9)
      const chosen = yield* previewing(["--id", "1", "--id", "9", "--id", "x' or true; --"])
      assert.strictEqual(chosen.code, 78)
      assert.deepStrictEqual(fs.readdirSync(files()).length, 3)
      assert.include(chosen.output, "row 1\n")
      assert.include(chosen.output, `there is no row "9"`)
      assert.include(chosen.output, `there is no row "x' or true; --"`)
    })
  )

  it.live("goes by the time of writing where keys do not grow, and says where nothing tells the newest", () =>
    Effect.gen(function* () {
      const { admin, url, previewing } = yield* stage(
        "create table people (email text primary key, created_at timestamp)",
        "create table things (id uuid primary key default gen_random_uuid())"
      )
      yield* admin`insert into people values ('z@example.com', '2026-01-01'), ('a@example.com', '2026-01-02'), ('b@example.com', null)`
      yield* admin`insert into things default values`
      const { code, output } = yield* previewing([], watching(url, "people", "things", "inquiries"))
      assert.strictEqual(code, 0, output)
      assert.include(output, "public.people, row a@example.com")
      assert.notInclude(output, "nothing in public.people")
      assert.include(output, "nothing in public.things says which rows are the newest")
      assert.include(output, "public.inquiries has no row yet")
    })
  )

  it.live("lets no key choose a file: names are plain, one a row, and written through no link", () =>
    Effect.gen(function* () {
      const { admin, files, place, previewing, url } = yield* stage(
        `create table "../x" (email text primary key, created_at timestamp default now())`
      )
      yield* admin`insert into "../x" values ('../../evil'), ('.'), (${"a\u001b[31m\nb"})`
      yield* line.insertInquiry(admin, 1)
      fs.mkdirSync(files(), { mode: 0o755 })
      fs.writeFileSync(join(place, "victim"), "untouched")
      fs.symlinkSync(join(place, "victim"), join(files(), "au_to_s-public.inquiries-1.eml"))
      const env = watching(url, `"../x"`, "inquiries")
      const { code, output } = yield* previewing(["--last", "3"], env)
      assert.strictEqual(code, 0, output)
      const names = fs.readdirSync(files())
      assert.lengthOf(names, 12)
      for (const name of names) assert.match(name, /^au_to_s-public(_x-[0-9a-f]{12}|\.inquiries-1)\.(eml|html|txt)$/)
      assert.strictEqual(fs.readFileSync(join(place, "victim"), "utf8"), "untouched")
      assert.notInclude(output, "\u001b")
      assert.include(output, "others on this machine may look into inquiries-preview")
    })
  )

  it.live("refuses what names nothing, and goes on where one database is away", () =>
    Effect.gen(function* () {
      const { admin, env, previewing } = yield* stage()
      yield* line.insertInquiry(admin, 1)
      for (const [args, why] of [
        [["--database", "elsewhere"], "no database is called elsewhere"],
        [["--table", "elsewhere"], "no table is called elsewhere"],
        [["--id", "1", "--last", "1"], "not both"],
        [["--last", "0"], "must be from 1 to 100"]
      ] as const) {
        const { code, output } = yield* previewing(args)
        assert.notStrictEqual(code, 0, output)
        assert.include(output, why)
      }
      const second = {
        TENANT_ID_2: "11111111-1111-1111-1111-111111111111",
        CLIENT_ID_2: "22222222-2222-2222-2222-222222222222"
      }
      const { code, output } = yield* previewing([], {
        ...{ ...env, ...second },
        ...{ CLIENT_SECRET_2: "an-invented-secret", FROM_EMAIL_2: "a@example.com", TO_EMAIL_2: "b@example.com" },
        DATABASE_URL_2: ["postgres://someone:hunter2", "127.0.0.1:1/elsewhere"].join("@")
      })
      assert.strictEqual(code, 75, output)
      assert.include(output, "row 1\n")
      assert.include(output, "elsewhere: no preview: nothing accepts connections")
    })
  )
})
