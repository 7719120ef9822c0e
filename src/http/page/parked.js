// The parked notices of one database, read when somebody wants to see them, each with a button that puts it back. A row
// stays where it is until the next look, with what became of it: nothing vanishes under a finger.
import { ask, at } from "./ask.js"
import { make } from "./dom.js"
import { clock, parkedBecause } from "./words.js"

/**
 * @typedef {object} Notice
 * @property {string} id
 * @property {string} table
 * @property {string} key
 * @property {string} reason
 * @property {string} detail
 * @property {string} parkedAt
 * @property {number} attempts
 * @property {boolean} maybeSent
 */

/** @param {string} database @param {HTMLElement} place @param {(text: string) => void} announce */
export const parkedList = (database, place, announce) => {
  /** @type {Map<string, HTMLElement>} */
  const rows = new Map()
  let loading = false
  let again = false

  /** @param {Notice} notice */
  const row = (notice) => {
    const { attempts, detail, id, key, maybeSent, parkedAt, reason, table } = notice
    const what = `${table.replace(/^public\./, "")} ${key}`
    const retry = make("button", { type: "button" }, "Retry", make("span", { className: "hidden" }, ` ${what}`))
    const said = make("p", { className: "said", hidden: true, tabIndex: -1 })
    const tries = attempts === 1 ? "1 attempt" : `${attempts} attempts`
    const made = make(
      "li",
      {},
      make("p", { className: "key" }, what),
      make("p", { className: "because" }, `${parkedBecause(reason)} · ${tries} · ${clock(parkedAt)}`),
      ...(detail === "" ? [] : [make("p", { className: "detail" }, detail)]),
      ...(maybeSent ? [make("p", { className: "detail" }, "It may have been sent before.")] : []),
      retry,
      said
    )
    retry.addEventListener("click", async () => {
      if (retry.getAttribute("aria-disabled") === "true") return
      retry.setAttribute("aria-disabled", "true")
      const result = await ask("POST", at(database, "parked", id, "retry"))
      retry.removeAttribute("aria-disabled")
      if (result === undefined) return
      said.textContent = result.done ? "Put back: it is mailed next." : result.why
      said.hidden = false
      announce(`${what}: ${said.textContent}`)
      if (!result.done) return
      const focused = document.activeElement === retry
      retry.remove()
      made.classList.add("done")
      if (focused) said.focus()
    })
    return made
  }

  /** @param {ReadonlyArray<Notice>} notices @param {boolean} more */
  const show = (notices, more) => {
    const listed = new Set(notices.map(({ id }) => id))
    for (const [id, element] of rows) {
      if (listed.has(id) || element.classList.contains("done")) continue
      element.remove()
      rows.delete(id)
    }
    for (const notice of notices) {
      const known = rows.get(notice.id)
      // It was put back, and parked again since.
      if (known !== undefined && !known.classList.contains("done")) continue
      const made = row(notice)
      rows.set(notice.id, made)
      if (known === undefined) place.append(made)
      else known.replaceWith(made)
    }
    for (const note of place.querySelectorAll(":scope > .note")) note.remove()
    if (rows.size === 0) place.append(note("Nothing is parked any more."))
    if (more) place.append(note("There are more. `inquiries-mailer parked` lists and changes many at once."))
  }

  const load = async () => {
    again = loading
    if (loading) return
    loading = true
    const result = await ask("GET", at(database, "parked"))
    loading = false
    if (result?.done) show(result.answer.notices, result.answer.more)
    else if (rows.size === 0 && result !== undefined) place.replaceChildren(note(result.why))
    if (again) await load()
  }
  return { load }
}

/** @param {string} text */
const note = (text) => make("li", { className: "note" }, text)
