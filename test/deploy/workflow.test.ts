// The CI workflow: what stands between a commit and its deployment must look, and must hold no more rights than that needs.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { edited, workflow } from "./edited.ts"
import { problemsOf } from "./workflow.ts"

const checkout = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
const job = "    name: Node ${{ matrix.node }}\n"

const refused: ReadonlyArray<readonly [what: string, from: string, to: string, problem: string]> = [
  ["YAML that is none", "jobs:", "jobs: [", "could not parse as YAML"],
  ["an unknown key", "    timeout-minutes:", "    timeout-minute:", 'unexpected key "timeout-minute"'],
  ["an expression that names nothing", job, job.replace("node }}", "nod }}"), '"nod" is not defined'],
  ["an action at a tag", `${checkout} # v7.0.1`, "actions/checkout@v7", "actions/checkout@v7 is not pinned"],
  ["an action without its version", " # v7.0.1", "", "is not pinned to a commit with its version"],
  [
    "a workflow of somebody else at a tag",
    "jobs:",
    "jobs:\n  other:\n    uses: a/b/.github/workflows/c.yml@v1",
    "c.yml@v1 is not"
  ],
  ["the right to write", "contents: read", "contents: write", "the workflow may do more than read"],
  [
    "whatever rights the repository gives",
    "permissions:\n  contents: read\n",
    "",
    "the workflow may do more than read"
  ],
  ["a job with more rights", job, `${job}    permissions: write-all\n`, "a job may do more than read"],
  [
    "a checkout that keeps its token",
    "persist-credentials: false",
    "persist-credentials: true",
    "leaves its token behind"
  ],
  [
    "a checkout that keeps its token unasked",
    "        with:\n          persist-credentials: false\n",
    "",
    "its token behind"
  ],
  ["fewer versions of Node", "node: [20, 22, 24]", "node: [20, 24]", "must run on Node 20, 22, 24"],
  ["more versions of Node", "node: [20, 22, 24]", "node: [20, 22, 24, 26]", "must run on Node 20, 22, 24"],
  ["one Node under three names", "node-version: ${{ matrix.node }}", "node-version: 24", "on the matrix's Node"],
  ["no check", "      - run: npm run check\n", "", "no job runs npm ci, the check and the tests"],
  ["no tests", "      - run: npm test\n", "", "no job runs npm ci, the check and the tests"],
  ["pushes that it leaves out", "  push:\n", "  push:\n    branches: [main]\n", "on every push and pull request"],
  ["a test that may fail", "run: npm test", "run: npm test\n        continue-on-error: true", "fail without a word"],
  [
    "a test that is skipped",
    "run: npm test",
    "run: npm test\n        if: github.actor == 'me'",
    "nothing may be skipped"
  ]
]

describe("the CI workflow", () => {
  it.effect(
    "is right",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* problemsOf(workflow), [])
      }),
    // The first one compiles nine megabytes of WASM.
    30_000
  )

  it.effect.each(refused)("must not have %s", ([, from, to, problem]) =>
    Effect.gen(function* () {
      const problems = yield* problemsOf(edited(workflow, from, to))
      assert.include(problems.join("\n"), problem)
    })
  )
})
