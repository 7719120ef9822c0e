// Where a text stops being JSON, as a line and a column. The engine's own message quotes the text around the place, which
// may be a secret, and has no place in some versions.
const space = /[ \t\n\r]*/y
const scalar =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y

/** The offset of the first character that cannot be right; the text's length if all of it can. */
const firstWrong = (text: string): number => {
  let offset = 0
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = offset
    const found = pattern.test(text)
    if (found) offset = pattern.lastIndex
    return found
  }
  const next = (character: string): boolean => {
    skip(space)
    if (text[offset] !== character) return false
    offset++
    return true
  }
  const list = (end: string, item: () => boolean): boolean => {
    if (next(end)) return true
    do {
      if (!item()) return false
    } while (next(","))
    return next(end)
  }
  const key = (): boolean => {
    skip(space)
    return text[offset] === '"' && skip(scalar)
  }
  const value = (): boolean => {
    if (next("[")) return list("]", value)
    if (next("{")) return list("}", () => key() && next(":") && value())
    return skip(scalar)
  }
  value()
  skip(space)
  return offset
}

export const wrongPlace = (text: string): string => {
  const before = text.slice(0, firstWrong(text)).split("\n")
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`
}
