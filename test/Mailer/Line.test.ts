import { assert, describe, it } from "@effect/vitest"
import { Line } from "../../src/Mailer/Line.ts"

const all = <A>(line: Line<A>): ReadonlyArray<A> => {
  const values: Array<A> = []
  for (let one = line.first; one !== undefined; one = one.after) values.push(one.value)
  return values
}

describe("a line", () => {
  it("has those who joined, the oldest first, whoever leaves", () => {
    const line = new Line<string>()
    const [a, b, c, d] = [line.join("a"), line.join("b"), line.join("c"), line.join("d")]
    assert.deepStrictEqual(all(line), ["a", "b", "c", "d"])
    assert.isTrue(line.leave(b))
    assert.deepStrictEqual(all(line), ["a", "c", "d"])
    assert.isTrue(line.leave(d))
    assert.isTrue(line.leave(a))
    assert.deepStrictEqual(all(line), ["c"])
    line.join("e")
    assert.isTrue(line.leave(c))
    assert.deepStrictEqual(all(line), ["e"])
  })

  it("nobody leaves twice, and who has left holds nobody", () => {
    const line = new Line<string>()
    const [a, b] = [line.join("a"), line.join("b")]
    assert.isTrue(line.leave(a))
    assert.isFalse(line.leave(a))
    assert.isUndefined(a.after)
    assert.deepStrictEqual(all(line), ["b"])
    assert.isTrue(line.leave(b))
    assert.isUndefined(line.first)
  })
})
