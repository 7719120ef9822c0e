// Those who wait, the oldest first. Who has left is held by nothing here, not even by what the collector has not visited yet.
// A Set, or an array that grows and is shifted, is made anew again and again; each that it was before lies among what is old, and
// whatever it held is taken for alive until all of that is visited, with all that hangs on it: a whole request, mail and all.

export interface Waiting<A> {
  readonly value: A
  /** Of the line; false for one who has left. */
  in: boolean
  before: Waiting<A> | undefined
  after: Waiting<A> | undefined
}

export class Line<A> {
  #first: Waiting<A> | undefined
  #last: Waiting<A> | undefined

  get first(): Waiting<A> | undefined {
    return this.#first
  }

  readonly join = (value: A): Waiting<A> => {
    const waiting: Waiting<A> = { value, in: true, before: this.#last, after: undefined }
    if (this.#last === undefined) this.#first = waiting
    else this.#last.after = waiting
    this.#last = waiting
    return waiting
  }

  /** Says whether he was still there. */
  readonly leave = (waiting: Waiting<A>): boolean => {
    if (!waiting.in) return false
    const { after, before } = waiting
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    waiting.in = false
    waiting.before = undefined
    waiting.after = undefined
    return true
  }
}
