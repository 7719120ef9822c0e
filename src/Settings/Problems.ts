// The Schema's issues as sentences for people. Schema's own messages are not used: with other options they quote input.
import type { SchemaIssue } from "effect"
import { nearest } from "./Nearest.ts"
import type { Path, Problem } from "./Source.ts"
import { inUrl } from "./Url.ts"

const kinds: Readonly<Record<string, string>> = {
  String: "must be text",
  Number: "must be a number",
  Arrays: "must be a list, in square brackets",
  Objects: "must be an object, in curly brackets"
}

const unknownKey = (issue: SchemaIssue.UnexpectedKey, path: Path): Problem => {
  const known =
    issue.ast._tag === "Objects" ? issue.ast.propertySignatures.map((property) => String(property.name)) : []
  const meant = nearest(String(path.at(-1)), known)
  return meant === undefined
    ? { path, problem: `is not known; known here are ${known.join(", ")}` }
    : { path, problem: `is not known; ${meant} is, and may be meant`, like: [...path.slice(0, -1), meant] }
}

const message = (annotations: Readonly<Record<string, unknown>> | undefined): string | undefined =>
  typeof annotations?.["message"] === "string" ? annotations["message"] : undefined

const sentence = (issue: SchemaIssue.Leaf): string => {
  switch (issue._tag) {
    case "MissingKey":
      return "is not set"
    case "InvalidType":
      return message(issue.ast.annotations) ?? kinds[issue.ast._tag] ?? "is of the wrong kind"
    case "InvalidValue":
      return message(issue.annotations) ?? "is not valid"
    default:
      return "is not valid"
  }
}

/** What is wrong inside a URL is known by the URL's place; which part it is moves into the sentence. */
const located = (problem: Problem): Problem => {
  const url = problem.path.indexOf("url")
  const part = url < 0 ? undefined : problem.path[url + 1]
  if (part === undefined) return problem
  return { path: problem.path.slice(0, url + 1), problem: inUrl(part, problem.problem) }
}

const collect = (issue: SchemaIssue.Issue, path: Path, said: string | undefined): ReadonlyArray<Problem> => {
  switch (issue._tag) {
    case "Filter":
      return collect(issue.issue, path, said ?? message(issue.filter.annotations))
    case "Encoding":
      return collect(issue.issue, path, said)
    case "Pointer":
      return collect(issue.issue, [...path, ...issue.path], said)
    case "Composite":
      return issue.issues.flatMap((inner) => collect(inner, path, said))
    case "AnyOf":
      return [{ path, problem: said ?? message(issue.ast.annotations) ?? "is not valid" }]
    case "UnexpectedKey":
      return [unknownKey(issue, path)]
    default:
      return [{ path, problem: said ?? sentence(issue) }]
  }
}

export const problemsOf = (issue: SchemaIssue.Issue): ReadonlyArray<Problem> =>
  collect(issue, [], undefined).map(located)
