// The Dockerfile: an image without a shell can run it, as nobody, and it says of the worker what is so.
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readFileSync } from "node:fs"
import project from "../../package.json" with { type: "json" }
import { isServiceName } from "../../src/Settings/Service.ts"
import { shutdownBudget } from "./blueprint.ts"
import { dockerfile, dockerignore, exec, read, said } from "./dockerfile.ts"
import { edited } from "./edited.ts"

const budget = shutdownBudget(readFileSync("src/main.ts", "utf8"))
const node = readFileSync(".node-version", "utf8").trim()
const start = ["node", "/app/main.js"]

const check = (problem: string, holds: boolean): ReadonlyArray<string> => (holds ? [] : [problem])
const same = (left: unknown, right: unknown) => JSON.stringify(left) === JSON.stringify(right)

const problemsOf = (text: string, ignore = dockerignore): ReadonlyArray<string> => {
  const { args, stages } = read(text)
  const last = stages.at(-1)
  if (last === undefined) return ["there is no stage"]
  const all = stages.flatMap(({ instructions }) => instructions)
  const running = all.filter(({ name }) => ["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"].includes(name))
  const sources = stages
    .flatMap(({ instructions }) => instructions)
    .filter(({ name, rest }) => name === "COPY" && !rest.startsWith("--from"))
    .flatMap(({ rest }) => rest.split(" ").slice(0, -1))
    .filter((source) => source !== ".")
  const names = said(last, "ENV")
    .split(" ")
    .map((pair) => pair.slice(0, pair.indexOf("=")))
  return [
    ...Object.entries(args).flatMap(([name, image]) =>
      check(`${name} is not Node ${node}`, image.startsWith(`node:${node}-`))
    ),
    ...stages.flatMap(({ from, name }) =>
      check(`${name || "the last stage"} cannot be based on another image`, from.startsWith("${") || from === "build")
    ),
    ...running.flatMap(({ name, rest }) => check(`${name} ${rest} needs a shell`, exec(rest) !== undefined)),
    ...check("the last stage runs something, for which it might need a shell", said(last, "RUN") === ""),
    ...check("the last stage is root or not a number", /^[1-9]\d*:[1-9]\d*$/.test(said(last, "USER"))),
    ...check("it does not start the bundle", same(exec(said(last, "ENTRYPOINT")), start)),
    ...check("it does not run", same(exec(said(last, "CMD")), ["run"])),
    ...check("its health is not asked by `health`", same(exec(said(last, "HEALTHCHECK")), [...start, "health"])),
    ...check("`health` needs PORT", names.includes("PORT")),
    ...names.flatMap((name) => check(`${name} is no setting`, isServiceName(name))),
    ...sources.flatMap((source) =>
      check(`${source} is not sent to the build`, existsSync(source) && ignore.includes(`!${source}\n`))
    ),
    ...check("something of .env may be sent to the build", !/env/.test(ignore.replaceAll(/^#.*$/gm, "")))
  ]
}

const refused: ReadonlyArray<readonly [what: string, from: string, to: string, problem: string]> = [
  ["another Node than Render", "RUN_IMAGE=node:24", "RUN_IMAGE=node:22", "RUN_IMAGE is not Node 24"],
  ["a base that cannot be replaced", "FROM ${RUN_IMAGE}", "FROM debian", "cannot be based on another image"],
  ["a start through a shell", 'ENTRYPOINT ["node", "/app/main.js"]', "ENTRYPOINT node /app/main.js", "needs a shell"],
  ["a start through npm", 'ENTRYPOINT ["node", "/app/main.js"]', 'ENTRYPOINT ["npm", "start"]', "start the bundle"],
  ["a last stage that runs something", "WORKDIR /app", 'WORKDIR /app\nRUN ["id"]', "the last stage runs something"],
  ["root", "USER 65532:65532\nENV", "USER 0:0\nENV", "is root"],
  ["a user whose number is not said", "USER 65532:65532\nENV", "USER node\nENV", "is root or not a number"],
  ["a health check of another command", '"health"]', '"status"]', "is not asked by `health`"],
  ["no port to ask", " PORT=8080", "", "`health` needs PORT"],
  ["a variable that nobody reads", "ENV LOG_FORMAT", "ENV LOGFORMAT", "LOGFORMAT is no setting"],
  ["a file that is not there", "package.json package-lock.json", "package.json yarn.lock", "yarn.lock is not sent"]
]

describe("the Dockerfile", () => {
  it("makes an image of ours that needs no shell and no rights", () => {
    assert.deepStrictEqual(problemsOf(dockerfile), [])
  })

  it.each(refused)("must not have %s", (_, from, to, problem) => {
    // Without the comments, in which the same words may stand.
    const text = dockerfile.replaceAll(/^#.*\n/gm, "")
    assert.include(problemsOf(edited(text, from, to)).join("\n"), problem)
  })

  it("must not be sent the settings of whoever builds it, nor lack what it copies", () => {
    assert.isNotEmpty(problemsOf(dockerfile, `${dockerignore}!.env\n`))
    assert.isNotEmpty(problemsOf(dockerfile, edited(dockerignore, "!package-lock.json\n", "")))
  })

  it("copies only the bundle of the package, and says how long the worker may take to end", () => {
    assert.include(dockerfile, "COPY --from=build /build/dist/ ./")
    assert.strictEqual(project.bin[project.name as "inquiries-mailer"], "dist/main.js")
    const [, timeout] = /--stop-timeout (\d+)/.exec(dockerfile) ?? []
    assert.isAbove(Number(timeout) * 1000, budget)
    assert.include(dockerfile, `ends within ${budget / 1000} s`)
  })
})
