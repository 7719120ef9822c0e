// Every command line that the pages show is one that the built program takes. It runs where nothing is set, so that what it
// takes ends for that reason, and touches nothing.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { folder } from "../support/folder.ts"
import { blocksOf, type Page, pages, spansOf } from "../support/pages.ts"
import * as line from "../support/line.ts"
import { silently } from "../support/quiet.ts"
import { program } from "../support/worker.ts"

const own = /^(?:[A-Z_]+=\S+ )*(?:node dist\/main\.js|inquiries-mailer)(?: |$)/

/** Up to a comment, a pipe, a redirection or the next command. */
const wordsOf = (line: string): ReadonlyArray<string> =>
  line
    .replace(own, "")
    .replace(/ +[#|>&;].*$/, "")
    .split(" ")
    .filter(Boolean)

const shells = ["sh", "console", ""]

const linesOf = (page: Page, commands: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...blocksOf(page)
    .filter(({ language }) => shells.includes(language))
    .flatMap(({ text }) => text.split("\n").map((line) => line.trim().replace(/^\$ /, "")))
    .filter((line) => own.test(line)),
  ...spansOf(page).filter((span) => own.test(span) || commands.includes(span.split(" ")[0] ?? ""))
]

const running = Effect.fn("running")(function* (args: ReadonlyArray<string>) {
  const nowhere = yield* folder
  const { ended } = yield* program(args, { PATH: process.env["PATH"] ?? "" }, nowhere)
  return yield* ended
}, Effect.scoped)

/** What the parser has to say against this command line; settings are wrong for all. */
const refusal = (line: string) =>
  Effect.map(running(wordsOf(line)), ({ output }) => {
    const [, why] = output.split(/^ERROR$/m)
    return why === undefined ? [] : [`${line}: ${why.trim()}`]
  })

describe("the SQL for a row that did not arrive", () => {
  it.live("finds what became of it", () =>
    Effect.gen(function* () {
      const { admin } = yield* line.stage()
      yield* admin`insert into inquiries (id, name, email, subject)
        values (42, 'A', 'a@example.com', 'A'), (43, 'B', 'b@example.com', 'B')`
      const page = pages.find(({ path }) => path === "docs/troubleshooting.md") ?? { path: "", text: "" }
      const [sql = ""] = blocksOf(page).flatMap(({ language, text }) => (language === "sql" ? [text] : []))
      const found = yield* admin.unsafe<{ readonly outcome: string | null; readonly attempts: number }>(sql)
      assert.deepStrictEqual(
        found.map(({ attempts, outcome }) => ({ attempts, outcome })),
        [{ attempts: 0, outcome: null }]
      )
    }).pipe(silently)
  )
})

describe("the command lines of the pages", () => {
  it.live(
    "are taken by the program as they stand there",
    () =>
      Effect.gen(function* () {
        const { output } = yield* running(["--help"])
        const commands = [...(output.split("SUBCOMMANDS")[1] ?? "").matchAll(/^ {2}(\w+) {2,}/gm)].map(
          ([, name]) => name ?? ""
        )
        assert.include(commands, "migrate")
        const lines = [
          ...new Map(
            pages.flatMap((page) => linesOf(page, commands)).map((line) => [wordsOf(line).join(" "), line])
          ).values()
        ]
        assert.isAbove(lines.length, 20)
        const refused = yield* Effect.forEach(lines, refusal, { concurrency: 4 })
        assert.deepStrictEqual(refused.flat(), [])
        // A program's start for each of some fifty.
      }),
    240_000
  )

  it.live("would be found if there were no such command or flag", () =>
    Effect.gen(function* () {
      const text =
        "```sh\nnode dist/main.js status --jason   # wrong\nnode dist/main.js frobnicate\nnode dist/main.js status\n```\n"
      const lines = linesOf({ path: "invented.md", text }, [])
      assert.lengthOf(lines, 3)
      assert.lengthOf((yield* Effect.forEach(lines, refusal)).flat(), 2)
    })
  )
})
