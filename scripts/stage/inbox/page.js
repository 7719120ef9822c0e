// The inbox page. The list follows the server's events; the address (`#mail-3`) says which mail is open, so that a
// phone's back button works. Everything of a mail is shown as text, but for its HTML, which lives in a sandbox.
import { find, followTabs, make } from "./dom.js"

const listed = 500
const wide = matchMedia("(min-width: 760px)")
const mails = new Map()
let run
let current
let tab = "html"

const link = (id) => find(`mail-link-${id}`)
const clock = (at) =>
  new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })

const row = ({ at, from, id, subject, to }) => {
  const time = make("time", { dateTime: at, title: new Date(at).toLocaleString() }, clock(at))
  const sender = make("span", { className: "from" }, from)
  const about = make("span", { className: "subject", dir: "auto" }, subject || "(no subject)")
  const receiver = make("span", { className: "to" }, `to ${to}`)
  const open = make(
    "a",
    { href: `#mail-${id}`, id: `mail-link-${id}`, className: "unread" },
    sender,
    time,
    about,
    receiver
  )
  return make("li", { value: id }, open)
}

const count = () => {
  find("empty").hidden = mails.size > 0
  find("count").textContent = mails.size === 0 ? "" : String(mails.size)
  document.title = mails.size === 0 ? "Inbox" : `Inbox (${mails.size})`
}

const say = (text) => (find("notice").textContent = text)

const ask = async (path) => {
  const response = await fetch(path)
  if (!response.ok) throw new Error(await response.text())
  return response
}

const showSource = async (id) => {
  const text = await (await ask(`/mails/${id}/source`)).text()
  if (current === id) find("source").textContent = text
}

const fact = (label, text) => (text === "" ? [] : [make("div", {}, make("dt", {}, label), make("dd", {}, text))])

const show = async (id) => {
  const mail = mails.get(id)
  find("subject").textContent = mail.subject || "(no subject)"
  const { cc, clientRequestId, headers, replyTo, text } = await (await ask(`/mails/${id}`)).json()
  if (current !== id) return
  const received = `${new Date(mail.at).toLocaleDateString()} ${clock(mail.at)}`
  find("facts").replaceChildren(
    ...fact("From", mail.from),
    ...fact("To", mail.to),
    ...fact("Cc", cc),
    ...fact("Replies to", replyTo || "nobody"),
    ...fact("Received", received)
  )
  find("text").textContent = text
  find("headers").replaceChildren(
    ...[...headers, ["client-request-id (of the request)", clientRequestId]].map(([name, value]) =>
      make("tr", {}, make("th", { scope: "row" }, name), make("td", { dir: "auto" }, value))
    )
  )
  find("source").textContent = ""
  // A frame of its own each time: changing `src` would add to the history that the back button walks through.
  const frame = find("frame").cloneNode()
  frame.src = `/mails/${id}/html`
  find("frame").replaceWith(frame)
  if (tab === "source") await showSource(id)
}

const idInAddress = () => Number(/^#mail-(\d+)$/.exec(location.hash)?.[1] ?? 0)

/** Opens what the address says. */
const route = () => {
  const id = idInAddress()
  const before = current
  current = mails.has(id) ? id : undefined
  document.body.classList.toggle("reading", current !== undefined)
  find("mail").hidden = current === undefined
  find("none").hidden = current !== undefined
  if (before !== undefined) link(before)?.removeAttribute("aria-current")
  if (current === undefined) return link(before)?.focus()
  link(id).setAttribute("aria-current", "true")
  link(id).classList.remove("unread")
  if (!wide.matches) find("subject").focus()
  if (before !== current) show(id).catch(({ message }) => say(`This mail could not be read: ${message}`))
}

const arrived = (news) => {
  const first = mails.size === 0
  const fresh = news.filter(({ id }) => !mails.has(id))
  for (const mail of fresh) {
    mails.set(mail.id, mail)
    find("list").prepend(row(mail))
  }
  for (const id of [...mails.keys()].slice(0, Math.max(0, mails.size - listed))) {
    if (id === current) continue
    link(id)?.parentElement.remove()
    mails.delete(id)
  }
  count()
  const newest = fresh.at(-1)
  if (newest !== undefined && !first) say(`New mail: ${newest.subject}`)
  if (wide.matches && current === undefined && newest !== undefined && idInAddress() === 0) {
    history.replaceState(null, "", `#mail-${newest.id}`)
  }
  if (current === undefined && idInAddress() !== 0) route()
}

const hello = ({ kinds, run: theirs }) => {
  if (run !== undefined && run !== theirs) {
    // Another demo on the same port: its mails are not these.
    mails.clear()
    find("list").replaceChildren()
    history.replaceState(null, "", "#")
    route()
    count()
  }
  if (run !== theirs) {
    find("kinds").replaceChildren(
      ...kinds.map(({ label, name }, n) =>
        make("label", {}, make("input", { type: "radio", name: "kind", value: name, checked: n === 0 }), label)
      )
    )
  }
  run = theirs
}

const connection = (state, text) => {
  find("connection").dataset.state = state
  find("state").textContent = text
  find("new").disabled = state !== "live"
}

const follow = () => {
  const events = new EventSource("/events")
  events.addEventListener("hello", ({ data }) => {
    connection("live", "Live")
    hello(JSON.parse(data))
  })
  events.addEventListener("mails", ({ data }) => arrived(JSON.parse(data)))
  events.addEventListener("error", () => {
    connection("lost", "Connection lost, trying again")
    // Most browsers try again by themselves; some give up when nobody listens.
    if (events.readyState === EventSource.CLOSED) setTimeout(follow, 2000)
  })
}

const insert = async (submitted) => {
  submitted.preventDefault()
  const typed = Object.fromEntries(new FormData(find("form")))
  find("insert").disabled = true
  try {
    const headers = { "content-type": "application/json" }
    const response = await fetch("/rows", { method: "POST", headers, body: JSON.stringify(typed) })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    say(text)
    find("name").value = ""
    find("message").value = ""
    find("dialog").close()
  } catch (error) {
    find("problem").textContent = `Nothing was inserted: ${error.message}`
  } finally {
    find("insert").disabled = false
  }
}

find("list").addEventListener("keydown", (pressed) => {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[pressed.key]
  const to = step && pressed.target.closest("li")?.[step]?.firstElementChild
  if (!to) return
  pressed.preventDefault()
  to.focus()
  if (wide.matches) to.click()
})
find("new").addEventListener("click", () => {
  find("problem").textContent = ""
  find("dialog").showModal()
})
find("cancel").addEventListener("click", () => find("dialog").close())
find("form").addEventListener("submit", insert)
followTabs((name) => {
  tab = name
  if (name === "source" && current !== undefined && find("source").textContent === "") showSource(current)
})
addEventListener("hashchange", route)
follow()
