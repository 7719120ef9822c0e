// Who may talk to the inbox: its own page, from this machine. Any website can send requests to loopback.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "node:http"
import { filledByHand, mail } from "../support/inbox.ts"

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

const call = (url: string, path: string, headers: Record<string, string> = {}, body?: string) =>
  Effect.callback<Answer>((resume) => {
    const asking = request(new URL(path, url), { method: body === undefined ? "GET" : "POST", headers }, (response) => {
      let text = ""
      response.on("data", (chunk: Buffer) => void (text += chunk.toString("utf8")))
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, text }))
      )
    })
    asking.end(body)
  })

const json = { "content-type": "application/json" }
const row = JSON.stringify({ kind: "autos", name: "", message: "" })

describe("the inbox", () => {
  it.live("inserts rows for its own page only", () =>
    Effect.gen(function* () {
      const { typed, url } = yield* filledByHand()
      const { origin, port } = new URL(url)
      for (const headers of [
        json,
        { ...json, origin: "https://www.example.org" },
        { ...json, origin: "null" },
        { ...json, origin: "http://127.0.0.1:1" },
        { ...json, origin: `http://localhost:${port}` },
        { origin, "content-type": "text/plain" }
      ]) {
        assert.strictEqual((yield* call(url, "/rows", headers, row)).status, 403)
      }
      assert.deepStrictEqual(typed, [])
      assert.strictEqual((yield* call(url, "/rows", { ...json, origin }, row)).status, 200)
      assert.strictEqual((yield* call(url, "/rows", { ...json, origin }, '{"kind":1}')).status, 400)
      assert.strictEqual((yield* call(url, "/rows", { ...json, origin }, "x".repeat(200_000))).status, 400)
      assert.strictEqual(typed.length, 1)
    })
  )

  it.live("answers to the names of this machine only, so that no website reads it under a name of its own", () =>
    Effect.gen(function* () {
      const { url } = yield* filledByHand([mail("One", "<p>1</p>")])
      const { port } = new URL(url)
      for (const path of ["/", "/events", "/mails/1", "/mails/1/source"]) {
        for (const host of [`inbox.example.org:${port}`, "127.0.0.1", "127.0.0.1:1"]) {
          const answer = yield* call(url, path, { host })
          assert.strictEqual(answer.status, 421)
          assert.notInclude(answer.text, "One")
        }
      }
      assert.strictEqual((yield* call(url, "/", { host: `localhost:${port}` })).status, 200)
    })
  )

  it.live("serves a mail's HTML under a policy of its own, and nothing that it does not have", () =>
    Effect.gen(function* () {
      const { url } = yield* filledByHand([mail("One", "<script>1</script>")])
      const { headers, text } = yield* call(url, "/mails/1/html")
      assert.include(text, "<script>1</script>")
      assert.match(String(headers["content-security-policy"]), /^default-src 'none'.*; sandbox$/)
      const page = String((yield* call(url, "/")).headers["content-security-policy"])
      assert.match(page, /^default-src 'none'; script-src 'self'; style-src 'self'/)
      assert.notMatch(page, /unsafe|https?:|\*/)
      for (const path of ["/mails/0", "/mails/2", "/mails/1/other", "/../package.json", "/page.ts", "/__proto__"]) {
        assert.strictEqual((yield* call(url, path)).status, 404, path)
      }
    })
  )
})
