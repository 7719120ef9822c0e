// That the mutants fit the code as it is now: `npm run mutants` shows that each is noticed, in minutes; this takes none.
import { assert, describe, it } from "@effect/vitest"
import * as fs from "node:fs"
import { mutants } from "../../scripts/mutants/list.ts"

describe("every mutant", () => {
  it("has a name of its own", () => {
    assert.strictEqual(new Set(mutants.map(({ name }) => name)).size, mutants.length)
  })

  for (const { file, find, name, replace, test } of mutants) {
    it(`changes one place of the code, and names a file of tests: ${name}`, () => {
      assert.strictEqual(fs.readFileSync(file, "utf8").split(find).length - 1, 1, `${find} in ${file}`)
      assert.notStrictEqual(replace, find)
      assert.isTrue(fs.existsSync(test), test)
    })
  }

  it("is counted by the guarantees as it is", () => {
    assert.include(fs.readFileSync("docs/guarantees.md", "utf8").replace(/\s+/g, " "), `in ${mutants.length} places`)
  })
})
