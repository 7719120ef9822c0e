// All cards in their order, trouble first, and the filter over them. Only cards whose place changed are moved, and focus
// moves with them, so that 500 cards cost little and nobody loses the button under the finger.
import { create } from "./card.js"
import { find, say } from "./dom.js"
import { parked, tones, total } from "./words.js"
/** @import { Card, Cards } from "../Card.ts" */
/** @import { Shown } from "./card.js" */

const list = find("cards")
const box = /** @type {HTMLInputElement} */ (find("filter"))
const only = /** @type {HTMLInputElement} */ (find("only"))

/** @type {Map<string, Shown>} */
const cards = new Map()

/** @param {Shown} a @param {Shown} b */
const byTrouble = (a, b) =>
  tones.indexOf(a.verdict.tone) - tones.indexOf(b.verdict.tone) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

const arrange = () => {
  const focused = document.activeElement
  let next = list.firstElementChild
  for (const { element } of [...cards.values()].toSorted(byTrouble)) {
    if (element === next) next = next.nextElementSibling
    else list.insertBefore(element, next)
  }
  // Moving a card takes the focus from what is in it.
  if (focused instanceof HTMLElement && focused !== document.activeElement && list.contains(focused)) {
    focused.focus({ preventScroll: true })
  }
}

const filter = () => {
  const wanted = box.value.trim().toLowerCase()
  let shown = 0
  for (const { element, verdict, words } of cards.values()) {
    const fits = words.includes(wanted) && !(only.checked && verdict.tone === "sound")
    if (element.hidden === fits) element.hidden = !fits
    if (fits) shown++
  }
  find("nothing").hidden = shown > 0 || cards.size === 0
  say(find("shown"), shown === cards.size ? "" : `${total(shown)} of ${total(cards.size)} shown`)
}

/**
 * Takes what was told, and says of which databases the big word changed.
 * @param {Cards} told
 * @param {(text: string) => void} announce
 * @returns {ReadonlyArray<Shown>}
 */
export const deal = (told, announce) => {
  /** @type {Array<Shown>} */
  const changed = []
  let moved = false
  for (const card of told) {
    const known = cards.get(card.name)
    if (known === undefined) {
      cards.set(card.name, create(card, announce))
      moved = true
      continue
    }
    const { tone, word } = known.verdict
    known.update(card)
    moved ||= tone !== known.verdict.tone
    if (word !== known.verdict.word) changed.push(known)
  }
  if (moved) arrange()
  filter()
  return changed
}

/** Another worker answers, perhaps with other databases. @param {number} databases */
export const keepOnly = (databases) => {
  if (cards.size === databases) return
  cards.clear()
  list.replaceChildren()
}

/** @param {(card: Card) => number} of */
const sum = (of) => [...cards.values()].reduce((all, { card }) => all + of(card), 0)

export const tally = () => {
  const tonesNow = [...cards.values()].map(({ verdict }) => verdict.tone)
  return {
    all: cards.size,
    down: tonesNow.filter((tone) => tone === "down").length,
    sound: tonesNow.filter((tone) => tone === "sound").length,
    waiting: sum(({ counts }) => counts?.waiting ?? 0),
    parked: sum(parked),
    sent: sum(({ counts }) => counts?.sent ?? 0)
  }
}

box.addEventListener("input", filter)
only.addEventListener("change", filter)
box.addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || box.value === "") return
  box.value = ""
  filter()
})
