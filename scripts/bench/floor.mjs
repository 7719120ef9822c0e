// The floor: what one would write in an afternoon. LISTENs, SELECTs the row, POSTs. Whatever happens while it is away or
// while Graph is unwell is lost.
import { Client } from "pg"
import { mailer } from "./post.mjs"

const send = await mailer()
const client = new Client(process.env.DATABASE_URL)
await client.connect()
client.on("notification", async ({ payload }) => {
  const { rows } = await client.query("select * from inquiries where id = $1", [JSON.parse(payload).id])
  await send(rows[0])
})
await client.query("listen new_record_channel")
console.log("listening")
