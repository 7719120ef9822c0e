// The JSON form: parsed, then `${NAME}` in its strings replaced. Replaced after parsing, so that no value can change the
// JSON around it, and a replaced value is not looked through again.
import { Result } from "effect"
import { field, fieldAt } from "./Fields.ts"
import { wrongPlace } from "./JsonSyntax.ts"
import type { Environment, Path, Problem, Source } from "./Source.ts"

const reference = /\$\{([^}]*)\}?/g
const name = /^[A-Za-z_][A-Za-z0-9_]*$/

/** The variables that a JSON text names, even if it cannot be parsed. */
export const namedIn = (text: string): ReadonlySet<string> =>
  new Set([...text.matchAll(reference)].map(([, variable]) => variable ?? ""))

interface Replaced {
  readonly value: unknown
  readonly problems: ReadonlyArray<Problem>
}

const inText = (text: string, path: Path, env: Environment): Replaced => {
  const problems: Array<Problem> = []
  const value = text.replace(reference, (whole, variable: string) => {
    const found = env.get(variable)
    if (found !== undefined && whole.endsWith("}")) return found
    const problem =
      name.test(variable) && whole.endsWith("}")
        ? `names the variable ${variable}, which is not set`
        : "has a ${ without the name of a variable and } behind it"
    problems.push({ path, problem })
    return whole
  })
  return { value, problems }
}

const replace = (value: unknown, path: Path, env: Environment): Replaced => {
  if (typeof value === "string") return inText(value, path, env)
  if (typeof value !== "object" || value === null) return { value, problems: [] }
  const list = Array.isArray(value)
  const parts = Object.entries(value).map(
    ([key, part]) => [key, replace(part, [...path, list ? Number(key) : key], env)] as const
  )
  return {
    value: list
      ? parts.map(([, part]) => part.value)
      : Object.fromEntries(parts.map(([key, part]) => [key, part.value])),
    problems: parts.flatMap(([, part]) => part.problems)
  }
}

const show = (variable: string, path: Path): string =>
  path.reduce<string>(
    (shown, key) =>
      typeof key === "number"
        ? `${shown}[${key}]`
        : name.test(String(key))
          ? `${shown}.${String(key)}`
          : `${shown}[${JSON.stringify(String(key))}]`,
    variable
  )

const example = (path: Path): string => {
  const known = fieldAt(path)
  if (known === undefined) return "schema/example.json"
  const { example, json = example } = field(known)
  return `"${known.split(".").at(-1)}": ${JSON.stringify(json)}`
}

const within = () => ""

export const json = (variable: string, text: string, env: Environment): Source => {
  const at = (path: Path) => show(variable, path)
  const parsed = Result.try((): unknown => JSON.parse(text))
  if (Result.isFailure(parsed)) {
    const problem = `is no valid JSON from ${wrongPlace(text)} on`
    return {
      entries: undefined,
      problems: [],
      issues: [{ at: variable, problem, example: example([]) }],
      at,
      within,
      example
    }
  }
  const { value: entries, problems } = replace(parsed.success, [], env)
  return { entries, problems, issues: [], at, within, example }
}
