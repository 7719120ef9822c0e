// The peer: graphile-worker doing the same job, with its own queue in the database. It tries a failed POST again; which mail
// was sent before a crash it does not know. With `migrate` it only makes its tables.
import { createRequire } from "node:module"
import { mailer } from "./post.mjs"

const { DATABASE_URL: connectionString, PEER } = process.env
const { Logger, run, runMigrations } = createRequire(`${PEER}/package.json`)("graphile-worker")
const logger = new Logger(() => () => {})

if (process.argv[2] === "migrate") await runMigrations({ connectionString, logger })
else {
  const send = await mailer()
  await run({
    ...{ connectionString, logger, concurrency: 4 },
    taskList: {
      mail: async ({ id }, { query }) => {
        const { rows } = await query("select * from inquiries where id = $1", [id])
        await send(rows[0])
      }
    }
  })
  console.log("listening")
}
