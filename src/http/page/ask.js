// Requests that need the admin token. It is asked for once, kept in this variable alone, and sent as a header: no cookie
// exists that another site could make this browser send, and nothing of it outlives the tab.
import { find, sayOrHide } from "./dom.js"

/** @type {string | undefined} */
let token
/** @type {Array<(entered: boolean) => void>} */
let waiting = []

/** @returns {Record<string, string>} */
export const authorization = () => (token === undefined ? {} : { authorization: `Bearer ${token}` })

const dialog = /** @type {HTMLDialogElement} */ (find("key"))
const field = /** @type {HTMLInputElement} */ (find("token"))
const enter = /** @type {HTMLButtonElement} */ (find("enter"))
const problem = find("problem")

/** What the server says of a request that it refuses. @param {Response} response @returns {Promise<string>} */
export const complaint = async (response) => {
  const found = await response.json().catch(() => undefined)
  const said = typeof found?.error === "string" ? found.error : `the worker answers ${response.status}`
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.`
}

/** Asks the reader for the token; false if he does not want to. @param {string} why */
export const unlock = (why) => {
  sayOrHide(problem, why)
  if (!dialog.open) dialog.showModal()
  return new Promise((/** @type {(entered: boolean) => void} */ resolve) => waiting.push(resolve))
}

const show = () => {
  find("locked").hidden = token !== undefined
  find("unlocked").hidden = token === undefined
}

/** @param {boolean} entered */
const close = (entered) => {
  const told = waiting
  waiting = []
  field.value = ""
  if (dialog.open) dialog.close()
  show()
  for (const tell of told) tell(entered)
}

export const lock = () => {
  token = undefined
  show()
}

find("key-form").addEventListener("submit", async (event) => {
  event.preventDefault()
  const typed = field.value.trim()
  if (!/^[!-~]+$/.test(typed)) return sayOrHide(problem, "A token has letters, digits and signs, and no spaces.")
  enter.disabled = true
  try {
    const response = await fetch("api/token", { method: "POST", headers: { authorization: `Bearer ${typed}` } })
    if (!response.ok) return sayOrHide(problem, await complaint(response))
    token = typed
    return close(true)
  } catch {
    return sayOrHide(problem, "The worker does not answer. Try again when it does.")
  } finally {
    enter.disabled = false
    if (dialog.open) field.select()
  }
})
find("cancel").addEventListener("click", () => close(false))
dialog.addEventListener("close", () => close(false))
find("locked").addEventListener("click", () => void unlock(""))
find("unlocked").addEventListener("click", lock)

/**
 * Does something at the worker, and asks for the token first if need be. Undefined: the reader did not want to.
 * @param {"GET" | "POST"} method
 * @param {string} path
 * @returns {Promise<{ readonly done: true, readonly answer: any } | { readonly done: false, readonly why: string } | undefined>}
 */
export const ask = async (method, path) => {
  if (method === "POST" && token === undefined && !(await unlock(""))) return undefined
  try {
    const response = await fetch(path, { method, headers: authorization(), cache: "no-store" })
    if (response.status === 401 || response.status === 403) {
      lock()
      return (await unlock(await complaint(response))) ? await ask(method, path) : undefined
    }
    return response.ok ? { done: true, answer: await response.json() } : { done: false, why: await complaint(response) }
  } catch {
    return { done: false, why: "The worker does not answer. Nothing is known of what was asked." }
  }
}

/** @param {ReadonlyArray<string>} parts */
export const at = (...parts) => `api/databases/${parts.map(encodeURIComponent).join("/")}`
