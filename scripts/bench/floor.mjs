// The floor: what one would write in an afternoon. LISTENs, SELECTs the row, POSTs over four kept connections. Whatever
// happens while it is away or while Graph is unwell is lost.
import { Agent, request } from "node:http"
import { Client } from "pg"

const { DATABASE_URL, FROM_EMAIL, GRAPH } = process.env
const agent = new Agent({ keepAlive: true, maxSockets: 4 })
const post = (path, type, body, headers = {}) =>
  new Promise((resolve, reject) => {
    const call = request(`${GRAPH}${path}`, { agent, method: "POST", headers: { ...headers, "content-type": type } })
    call.once("error", reject)
    call.once("response", (answer) => {
      let text = ""
      answer.on("data", (chunk) => (text += chunk)).once("end", () => resolve(text))
    })
    call.end(body)
  })

const form = `grant_type=client_credentials&client_id=floor&client_secret=none&scope=${encodeURIComponent(`${GRAPH}/.default`)}`
const token = JSON.parse(
  await post("/tenant/oauth2/v2.0/token", "application/x-www-form-urlencoded", form)
).access_token
const client = new Client(DATABASE_URL)
await client.connect()
client.on("notification", async ({ payload }) => {
  const { rows } = await client.query("select * from inquiries where id = $1", [JSON.parse(payload).id])
  const { email, message, name, subject } = rows[0]
  const mail = `From: ${FROM_EMAIL}\r\nTo: sales@example.com\r\nReply-To: ${email}\r\nSubject: ${subject}\r\n\r\n${name}\r\n${message}`
  const path = `/v1.0/users/${FROM_EMAIL}/sendMail`
  await post(path, "text/plain", Buffer.from(mail).toString("base64"), { authorization: `Bearer ${token}` })
})
await client.query("listen new_record_channel")
console.log("listening")
