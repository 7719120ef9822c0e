// Where JSON is wrong, compared with places counted by hand and with the engine's own verdict.
import { assert, describe, it } from "@effect/vitest"
import { wrongPlace } from "../../src/Settings/JsonSyntax.ts"

describe("a text that is no JSON", () => {
  it.each([
    ["", "line 1, column 1"],
    ["[", "line 1, column 2"],
    ["[1,]", "line 1, column 4"],
    ["[1 2]", "line 1, column 4"],
    ['{"a" 1}', "line 1, column 6"],
    ["{'a': 1}", "line 1, column 2"],
    ['{"a": 1,\n  b: 2}', "line 2, column 3"],
    ['[\n  {"a": "x"\n   "b": 1}\n]', "line 3, column 4"],
    ['["a\nb"]', "line 1, column 2"],
    ['["\\x"]', "line 1, column 2"],
    ["[1] 2", "line 1, column 5"],
    ["[tru]", "line 1, column 2"],
    ["[01]", "line 1, column 3"],
    ["[[[[1]]]", "line 1, column 9"]
  ])("%j is wrong from there on", (text, place) => {
    assert.throws(() => JSON.parse(text))
    assert.strictEqual(wrongPlace(text), place)
  })

  it.each(['{"a": [1, -2.5e+3, true, false, null, "x\\u00e9\\n"], "b": {}, "c": []}', " [ ] ", '"x"', "0"])(
    "is none of these, which are right to the end: %s",
    (text) => {
      JSON.parse(text)
      assert.strictEqual(wrongPlace(text), `line 1, column ${text.length + 1}`)
    }
  )
})
