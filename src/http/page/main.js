// The status page: the headline, the connection and what is announced to who does not see it change.
import { unlock } from "./ask.js"
import { deal, keepOnly, tally } from "./deck.js"
import { find, say, sayOrHide } from "./dom.js"
import { follow } from "./follow.js"
import { clock, total } from "./words.js"
/** @import { Shown } from "./card.js" */

const name = "Inquiries Mailer"
/** Above this many changes at once their number is told instead of their names. */
const named = 3

const announcer = find("announcer")
/** @param {string} text */
const announce = (text) => {
  // The same text twice is told twice only if it went away between.
  announcer.textContent = ""
  setTimeout(() => (announcer.textContent = text), 50)
}

/** When something was last heard; while it is undefined nothing was heard yet. @type {number | undefined} */
let heardAt
let isLost = false

const headline = () => {
  const { all, down, parked, sent, sound, waiting } = tally()
  const rest = all - down - sound
  const one = all === 1 ? "The database" : `${total(down)} of ${total(all)} databases`
  const verb = down === 1 ? "mails" : "mail"
  const text =
    down > 0
      ? `${one} ${verb} nothing`
      : rest > 0
        ? `${total(rest)} of ${total(all)} ${rest === 1 ? "wants" : "want"} a look`
        : "All is well"
  say(find("headline"), text)
  say(
    find("sums"),
    `${total(all)} ${all === 1 ? "database" : "databases"} · ${total(waiting)} waiting · ${total(parked)} parked · ${total(sent)} mailed in 24 h`
  )
  document.body.dataset["overall"] = down > 0 ? "down" : rest > 0 ? "late" : "sound"
  const mark = isLost ? "? " : down > 0 ? `${down} down – ` : rest > 0 ? `${rest} – ` : ""
  document.title = `${mark}${name}`
}

/** @param {ReadonlyArray<Shown>} changed */
const tell = (changed) => {
  if (changed.length === 0) return
  announce(
    changed.length > named
      ? `${changed.length} databases changed. ${find("headline").textContent}.`
      : changed.map(({ name, verdict }) => `${name}: ${verdict.word}.`).join(" ")
  )
}

/** @param {string} text */
const connection = (text) => {
  say(find("connection"), text)
  find("state").dataset["state"] = isLost ? "lost" : "live"
  document.body.classList.toggle("lost", isLost)
  find("now").hidden = !isLost
}

void follow({
  hello: ({ changeable, databases, startedAt, version }) => {
    keepOnly(databases)
    find("locked-out").hidden = true
    find("board").hidden = false
    document.body.classList.toggle("read-only", !changeable)
    find("unchangeable").hidden = changeable
    say(find("worker"), `${name} ${version}, running since ${clock(startedAt)}`)
  },
  cards: (told) => {
    const first = find("headline").textContent === ""
    const began = performance.now()
    const changed = deal(told, announce)
    headline()
    // For whoever measures it, in a browser's profiler or a test.
    performance.measure("cards", { start: began })
    if (!first) tell(changed)
  },
  heard: () => {
    heardAt = Date.now()
    if (isLost) announce("The connection is back.")
    isLost = false
    sayOrHide(find("old"), "")
    connection("Live")
    headline()
  },
  lost: (why, nextIn) => {
    const seconds = Math.max(1, Math.round(nextIn / 1_000))
    const since = heardAt === undefined ? "" : ` since ${clock(heardAt, "second")}`
    if (!isLost) announce(`Connection lost${since}. What is shown is from then.`)
    isLost = true
    connection(`Connection lost${since}`)
    const shown = heardAt === undefined ? "Nothing is known yet." : `What you see is from ${clock(heardAt, "second")}.`
    sayOrHide(find("old"), [shown, why, `Next try in ${seconds} s.`].filter((each) => each !== "").join(" "))
    headline()
  },
  refused: async (why) => {
    isLost = true
    connection("Locked")
    find("now").hidden = true
    find("locked-out").hidden = false
    find("board").hidden = true
    while (!(await unlock(heardAt === undefined ? "" : why))) {
      await new Promise((resolve) => find("open").addEventListener("click", resolve, { once: true }))
    }
  }
})
