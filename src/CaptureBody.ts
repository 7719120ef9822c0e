// What the trigger function does: a notice a row, and one NOTIFY a statement, each in an exception block of its own. Where
// nobody listens, because `wake` is `poll`, nobody is notified: commits that notify wait for one another over the whole
// server. Each configured name has its own trigger, so that one that listens is notified whatever the others do.
import type { Description } from "./Catalog.ts"
import { identifier, isTextKey } from "./Catalog.ts"
import { channel } from "./Connection.ts"
import type { Wake } from "./Database.ts"

/** Above this share of the server's notification queue nobody is notified: a full queue would fail the COMMIT. */
const queueShare = 0.5

/** Part of the body that notifies, by which a trigger is known to do so. */
export const notifies = "pg_notify("

const notifyOne = (table: Description, number: number): string => {
  const name = JSON.stringify(`${table.schema}.${table.name}`).replaceAll("'", "''")
  // A text key could exceed what a payload may hold (8,000 bytes), and may be personal data.
  const id = `(select to_json(r.${identifier(table.key)}) from inserted r limit 1)`
  const payload = isTextKey(table.keyType) ? `'{"table":${name}}'` : `'{"table":${name},"id":' || ${id} || '}'`
  // A transaction that has notified cannot be prepared: where that could be wanted, nobody is notified and Monitor polls.
  return `
  if found then
    begin
      if current_setting('max_prepared_transactions') = '0' and pg_notification_queue_usage() < ${queueShare} then
        perform ${notifies}'${channel}', ${payload});
      end if;
    exception when others then
      raise log 'inquiries_mailer: nobody was notified of table number ${number}: SQLSTATE %', sqlstate;
    end;
  end if;`
}

/** The body of the trigger function; equal text means nothing to do. */
export const functionBody = (table: Description, wake: Wake, number: number): string =>
  // Its number is written into it: asked of the trigger's arguments it would be read anew for each row.
  `
begin
  begin
    insert into inquiries_mailer.outbox (table_number, key)
      select ${number}, r.${identifier(table.key)}::text from inserted r;
  exception when others then
    raise log 'inquiries_mailer: rows of table number ${number} were not captured: SQLSTATE %', sqlstate;
  end;${wake === "poll" ? "" : notifyOne(table, number)}
  return null;
end`
