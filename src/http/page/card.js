// One card: made once, then only what changed is touched, so that focus, selection and what stands open survive.
import { ask, at } from "./ask.js"
import { copy, make, part, say, sayOrHide } from "./dom.js"
import { parkedList } from "./parked.js"
import { clock, isPaused, many, parked, reasons, span, verdict } from "./words.js"
/** @import { Card } from "../Card.ts" */
/** @import { Verdict } from "./words.js" */

/**
 * @typedef {object} Shown
 * @property {HTMLElement} element
 * @property {string} name
 * @property {Verdict} verdict
 * @property {Card} card
 * @property {string} words what the filter looks through
 * @property {(card: Card) => void} update
 */

let made = 0

/** @param {Card} first @param {(text: string) => void} announce @returns {Shown} */
export const create = (first, announce) => {
  const { name } = first
  const element = copy("card")
  const parts = {
    ...{ word: part(element, "word"), gloss: part(element, "gloss"), reason: part(element, "reason") },
    ...{ times: part(element, "times"), counted: part(element, "counted"), said: part(element, "said") },
    ...{ waiting: part(element, "waiting"), parked: part(element, "parked") },
    ...{ sent: part(element, "sent"), last: part(element, "last"), recent: part(element, "recent") },
    ...{ settled: part(element, "settled"), aside: part(element, "aside") }
  }
  const toggle = /** @type {HTMLButtonElement} */ (part(element, "toggle"))
  const action = part(element, "action")
  for (const each of element.querySelectorAll("[data-name]")) each.textContent = ` ${name}`
  const heading = part(element, "name")
  heading.textContent = name
  heading.id = `database-${++made}`
  element.firstElementChild?.setAttribute("aria-labelledby", heading.id)

  const recent = /** @type {HTMLDetailsElement} */ (parts.recent)
  const aside = /** @type {HTMLDetailsElement} */ (parts.aside)
  const list = parkedList(name, part(element, "notices"), announce)

  toggle.addEventListener("click", async () => {
    const what = isPaused(shown.card) ? "resume" : "pause"
    toggle.setAttribute("aria-disabled", "true")
    const result = await ask("POST", at(name, what))
    toggle.removeAttribute("aria-disabled")
    if (result === undefined) return
    const text = result.done ? `${name} is ${what === "pause" ? "paused" : "resumed"}.` : result.why
    sayOrHide(parts.said, result.done ? "" : text)
    announce(text)
  })
  recent.addEventListener("toggle", () => settled(parts.settled, recent.open, shown.card))
  aside.addEventListener("toggle", () => void (aside.open && list.load()))

  /** @param {Card} card */
  const update = (card) => {
    const before = parked(shown.card)
    shown.card = card
    const said = (shown.verdict = verdict(card))
    const { counts } = card
    element.dataset["tone"] = said.tone
    say(parts.word, said.word)
    sayOrHide(parts.gloss, said.gloss)
    const why = reasons(card)
    sayOrHide(parts.reason, said.tone === "sound" && card.state === "listening" ? "" : why)
    sayOrHide(parts.times, times(card))
    sayOrHide(parts.counted, counts !== null && card.countedAt !== null ? `Counted at ${clock(card.countedAt)}` : "")

    // Of what is kept in memory only, nothing but what waits is known.
    const known = counts?.source === "outbox" ? counts : undefined
    say(parts.waiting, counts === null ? "–" : many(counts.waiting))
    const count = parked(card)
    say(parts.parked, known === undefined ? "–" : many(count))
    element.classList.toggle("has-parked", count > 0)
    say(parts.sent, known === undefined ? "–" : many(known.sent))
    say(parts.last, known?.lastSentAt == null ? "–" : clock(known.lastSentAt))

    recent.hidden = known === undefined || known.recent.length === 0
    settled(parts.settled, recent.open, card)
    aside.hidden = count === 0 && !aside.open
    if (aside.open && count !== before) void list.load()
    say(action, isPaused(card) ? "Resume" : "Pause")
    shown.words = `${name} ${said.word} ${count > 0 ? "parked" : ""} ${why}`.toLowerCase()
  }

  /** @type {Shown} */
  const shown = { element, name, card: first, verdict: verdict(first), words: "", update }
  update(first)
  return shown
}

/** @param {Card} card */
const times = ({ counts, mailbox, nextAttempt, since }) => {
  const next = nextAttempt ?? mailbox?.nextAttempt ?? null
  const oldest = counts?.oldestWaitingSeconds ?? 0
  return [
    ...(since === null ? [] : [`since ${clock(since)}`]),
    ...(next === null ? [] : [`next attempt ${clock(next, "second")}`]),
    ...(oldest < 60 ? [] : [`the oldest waits ${span(oldest)}`])
  ]
    .join(" · ")
    .replace(/^./, (first) => first.toUpperCase())
}

/** Built only while it stands open. @param {HTMLElement} list @param {boolean} open @param {Card} card */
const settled = (list, open, { counts }) => {
  const told = open ? JSON.stringify(counts?.recent ?? []) : ""
  if (list.dataset["told"] === told) return
  list.dataset["told"] = told
  list.replaceChildren(
    ...(open ? (counts?.recent ?? []) : []).map(({ at, key, outcome, table }) =>
      make(
        "li",
        {},
        make("span", { className: "outcome" }, outcome),
        make("span", { className: "key" }, `${table.replace(/^public\./, "")} ${key}`),
        make("time", { dateTime: at }, clock(at))
      )
    )
  )
}
