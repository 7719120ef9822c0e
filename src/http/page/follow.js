// Follows the worker's events for as long as the page is open. Events come through `fetch`, because an EventSource could
// not send the token as a header. A connection that is silent is taken for lost; then it is begun anew, later and later.
import { authorization, complaint } from "./ask.js"
/** @import { Cards, Hello } from "../Card.ts" */

/** The worker says something every 10 seconds. */
const silence = 25_000
const soonest = 1_000
const latest = 15_000

/**
 * @typedef {object} Follower
 * @property {(hello: Hello) => void} hello
 * @property {(cards: Cards) => void} cards
 * @property {() => void} heard something was heard, so that what is shown is true
 * @property {(why: string, nextIn: number) => void} lost
 * @property {(why: string) => Promise<void>} refused ends when it is worth trying again
 */

/** @param {Follower} follower */
export const follow = async (follower) => {
  let failures = 0
  while (true) {
    const outcome = await once(follower, () => (failures = 0))
    if (outcome.refused) {
      await follower.refused(outcome.why)
      continue
    }
    const wait = Math.min(latest, soonest * 2 ** failures++) * (0.8 + 0.4 * Math.random())
    follower.lost(outcome.why, Math.max(wait, outcome.retryAfter))
    await sooner(Math.max(wait, outcome.retryAfter))
  }
}

/** @param {string} why */
const lost = (why, retryAfter = 0) => ({ refused: false, why, retryAfter })

/** Until the connection ends, however it does. @param {Follower} follower @param {() => void} alive */
const once = async (follower, alive) => {
  const control = new AbortController()
  let watchdog = setTimeout(() => control.abort(), silence)
  try {
    const response = await fetch("api/events", { headers: authorization(), cache: "no-store", signal: control.signal })
    if (response.status === 401 || response.status === 403) {
      return { refused: true, why: await complaint(response), retryAfter: 0 }
    }
    if (!response.ok || response.body === null) {
      return lost(await complaint(response), 1_000 * Number(response.headers.get("retry-after") ?? 0))
    }
    alive()
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    while (true) {
      const { done, value } = await reader.read()
      if (done) return lost("")
      clearTimeout(watchdog)
      watchdog = setTimeout(() => control.abort(), silence)
      const from = Math.max(0, text.length - 1)
      text += value
      let end = text.indexOf("\n\n", from)
      for (; end !== -1; end = text.indexOf("\n\n")) {
        tell(follower, text.slice(0, end))
        text = text.slice(end + 2)
      }
      follower.heard()
    }
  } catch {
    return lost("")
  } finally {
    clearTimeout(watchdog)
    control.abort()
  }
}

/** @param {Follower} follower @param {string} event */
const tell = (follower, event) => {
  const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? []
  if (name === "hello") follower.hello(JSON.parse(data ?? ""))
  if (name === "cards") follower.cards(JSON.parse(data ?? ""))
}

/** After so long, or as soon as somebody looks again, or the network is back. @param {number} wait */
const sooner = (wait) =>
  new Promise((/** @type {(value: void) => void} */ resolve) => {
    const control = new AbortController()
    const go = () => {
      clearTimeout(timer)
      control.abort()
      resolve()
    }
    const timer = setTimeout(go, wait)
    window.addEventListener("online", go, { signal: control.signal })
    document.addEventListener("visibilitychange", () => document.hidden || go(), { signal: control.signal })
    document.getElementById("now")?.addEventListener("click", go, { signal: control.signal })
  })
