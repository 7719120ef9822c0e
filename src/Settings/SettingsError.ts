// What is wrong with the settings: every mistake at once, each with its place, what is wrong and an example of right.
// No text here ever holds a value that was read, for any of them might be a secret in the wrong place.
import { Schema } from "effect"

export const SettingsIssue = Schema.Struct({
  /** A variable, or a path in the JSON such as `MAILER_DATABASES[0].tables[1].table`. */
  at: Schema.String,
  problem: Schema.String,
  example: Schema.String
})
export type SettingsIssue = typeof SettingsIssue.Type

/** The caller's exit code for it is 78 (EX_CONFIG). */
export class SettingsError extends Schema.TaggedError<SettingsError>()("SettingsError", {
  issues: Schema.NonEmptyArray(SettingsIssue)
}) {
  override get message(): string {
    return this.issues.map((issue) => `${issue.at}: ${issue.problem}. Example: ${issue.example}`).join("\n")
  }

  override toString(): string {
    return this.message
  }
}
