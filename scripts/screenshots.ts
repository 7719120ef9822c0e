// Makes the pictures of docs/images anew, from the real templates, the real inbox and the real status page, with invented
// rows. Look at them before you keep them: `npx tsx scripts/screenshots.ts`; `… status` makes only those of that name.
import { NodeRuntime } from "@effect/platform-node"
import { Console, DateTime, Effect, PubSub } from "effect"
import { randomUUID } from "node:crypto"
import { mkdirSync, statSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { BrowserContextOptions, Page } from "playwright-core"
import { render as mime } from "../src/Mailer/Mime.ts"
import { render } from "../src/template/render.ts"
import { browser, missing } from "../test/support/browser.ts"
import { type Instance, instances } from "./demo/instances.ts"
import { office } from "./screenshots/office.ts"
import { type Mail, makeMail } from "./stage/GraphMail.ts"
import * as Inbox from "./stage/Inbox.ts"
import type { Values } from "./stage/samples.ts"

const folder = fileURLToPath(new URL("../docs/images/", import.meta.url))
const templates = ["inquiry", "quote-request", "contact-submission"] as const
const noon = DateTime.makeUnsafe("2026-11-24T12:00:00Z")

const picture = Effect.fnUntraced(function* (name: string, page: Page, part: "page" | "window") {
  const path = `${folder}${name}.png`
  yield* Effect.promise(() => page.screenshot({ path, fullPage: part === "page" }))
  yield* Console.log(`${name}.png ${Math.ceil(statSync(path).size / 1024)} kB`)
})

const row = ({ sample }: Instance, values: Values, key: number) => ({
  table: sample.table,
  key: String(key),
  fields: Object.entries({
    ...{ id: key, ...values, created_at: "2026-11-24 07:00:00" },
    ...(sample.createTable.includes("status") && { status: "new" })
  }).map(([column, value]) => {
    const kind = column === "created_at" ? ("timestamp" as const) : ("text" as const)
    const text = value === null ? undefined : String(value)
    return { column, kind, value: text, bytes: Buffer.byteLength(text ?? "") }
  })
})

const letter = (n: number, values: Values, key: number) => {
  const [instance, template] = [instances[n], templates[n]]
  if (instance === undefined || template === undefined) return undefined
  const zone = { timeZone: "America/Toronto", replyTo: "email", createdAt: "created_at" }
  return { instance, rendered: render(template)(row(instance, values, key), { database: instance.database, ...zone }) }
}

/** All samples in turn, the everyday one of each form last, so that it stands at the top. */
const mails = Effect.gen(function* () {
  const made: Array<Mail> = []
  for (const key of [3, 2, 1]) {
    for (const n of [2, 1, 0]) {
      const values = instances[n]?.sample.rows[key - 1]
      const written = values === undefined ? undefined : letter(n, values, key)
      if (written === undefined) continue
      const { instance, rendered } = written
      const from = `noreply@${instance.database}.example.com`
      const messageId = `<${randomUUID()}@example.com>`
      const date = DateTime.add(noon, { minutes: made.length * 7 })
      const to = instance.to.split(",")
      const envelope = { from, to, cc: [] }
      const ids = { messageId, correlationId: randomUUID(), maybeDuplicate: false }
      const bytes = yield* mime({ ...rendered, ...envelope, ...ids, date })
      const receivedAt = DateTime.toEpochMillis(date)
      made.push(makeMail(bytes, { receivedAt, mailbox: from, messageId, clientRequestId: randomUUID() }))
    }
  }
  return made
})

const light: BrowserContextOptions = { colorScheme: "light", timezoneId: "America/Toronto", locale: "en-CA" }
const dark: BrowserContextOptions = { ...light, colorScheme: "dark" }
const wide = { viewport: { width: 720, height: 400 } }
const narrow = { viewport: { width: 390, height: 400 }, deviceScaleFactor: 2 }

const status = Effect.fnUntraced(function* (chromium: Effect.Success<typeof browser>) {
  const { fail, url } = yield* office
  const first = yield* chromium.open(url)
  yield* Effect.promise(() => first.locator("#cards:not(:has-text('–'))").waitFor())
  yield* fail
  for (const [name, options] of [
    ["status", { ...light, viewport: { width: 1200, height: 900 } }] as const,
    ["status-dark", { ...dark, viewport: { width: 1200, height: 900 } }] as const,
    ["status-narrow", { ...light, ...narrow, viewport: { width: 390, height: 844 } }] as const
  ]) {
    const page = yield* chromium.open(url, options)
    yield* Effect.promise(() => page.locator(".card", { hasText: "Blocked" }).waitFor())
    if (name !== "status-narrow") {
      yield* Effect.promise(() => page.locator(".card", { hasText: "website" }).getByText("Parked notices").click())
      yield* Effect.promise(() => page.locator(".notices button").waitFor())
    }
    yield* Effect.promise(() => page.evaluate("document.activeElement.blur()"))
    yield* picture(name, page, "window")
  }
})

const program = Effect.gen(function* () {
  if (missing !== undefined) return yield* Effect.fail(missing)
  mkdirSync(folder, { recursive: true })
  const chromium = yield* browser
  yield* Effect.scoped(status(chromium))
  if (process.argv[2] === "status") return yield* Effect.void
  const accepted = yield* mails
  const arrivals = yield* PubSub.unbounded<Mail>()
  const inbox = yield* Inbox.start({
    standIn: { mails: accepted, onMail: PubSub.subscribe(arrivals) },
    kinds: instances.map(({ database, form }) => ({ name: database, label: form })),
    insert: () => Effect.fail("This is a picture.")
  })

  const inquiry = `${inbox.url}mails/${accepted.length}/html`
  yield* picture("inquiry-light", yield* chromium.open(inquiry, { ...light, ...wide }), "page")
  yield* picture("inquiry-dark", yield* chromium.open(inquiry, { ...dark, ...wide }), "page")
  yield* picture("inquiry-narrow", yield* chromium.open(inquiry, { ...light, ...narrow }), "page")

  for (const [name, options] of [["inbox", light] as const, ["inbox-dark", dark] as const]) {
    const page = yield* chromium.open(inbox.url, { ...options, viewport: { width: 1120, height: 760 } })
    yield* Effect.promise(() => page.frameLocator("#frame").locator("h1").waitFor())
    yield* picture(name, page, "window")
  }
  return yield* Effect.void
})

NodeRuntime.runMain(Effect.scoped(program))
