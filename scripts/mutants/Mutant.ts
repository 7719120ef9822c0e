// A mutant: one promise, broken in one place, and the test that must notice.

export interface Mutant {
  readonly name: string
  readonly file: string
  /** Stands exactly once in the file, so that a mutant that the code has outgrown is an error and no silent survivor. */
  readonly find: string
  readonly replace: string
  /** The quickest test that catches it, by its file and its own words: a whole file would take minutes for all. */
  readonly test: string
  readonly says: string
}
