// What the trigger function does: a notice a row, and one NOTIFY a statement, each in an exception block of its own. Where
// nobody listens, because `wake` is `poll`, nobody is notified: commits that notify wait for one another over the whole
// server. Each configured name has its own trigger, so that one that listens is notified whatever the others do.
//
// A row that comes alone takes the claim that the worker has left ahead, if there is one, see Ahead.ts: its notice is begun
// with it. Where anything about that fails, the row is captured as any other.
import type { Description } from "./Catalog.ts"
import { identifier, isTextKey, literal } from "./Catalog.ts"
import { channel } from "./Connection.ts"
import type { DatabaseName, Wake } from "./Database.ts"

/** Above this share of the server's notification queue nobody is notified: a full queue would fail the COMMIT. */
const queueShare = 0.5

/** Part of the body that notifies, by which a trigger is known to do so. */
export const notifies = "pg_notify("

/** A transaction that has notified cannot be prepared: where that could be wanted, nobody is notified and Monitor polls. */
const mayNotify = `current_setting('max_prepared_transactions') = '0' and pg_notification_queue_usage() < ${queueShare}`

const plain = (table: Description, number: number): string => `
    insert into inquiries_mailer.outbox (table_number, key)
      select ${number}, r.${identifier(table.key)}::text from inserted r;`

/** As it is read whatever the customer's session thinks of backslashes. */
const text = (name: string): string => `E${literal(name.replaceAll("\\", "\\\\"))}`

/** The rows as nothing but notices, or else a line of the log. */
const captured = (table: Description, number: number): string => `
  begin${plain(table, number)}
  exception when others then
    raise log 'inquiries_mailer: rows of table number ${number} were not captured: SQLSTATE %', sqlstate;
  end;`

/** The claim that waits for a row of this name's. */
const waiting = (name: DatabaseName): string =>
  `inquiries_mailer.ahead where database_name = ${text(name)} and not taken and good_until > clock_timestamp()`

/** `own` is then the notice that has taken it. */
const claimed = (name: DatabaseName, table: Description, number: number): string => {
  const key = identifier(table.key)
  // Under a stricter isolation somebody else's claim could fail the statement. A key that is null is no notice of a row's.
  return `
      with left_ahead as (
        update inquiries_mailer.ahead a set taken = true
        where a.ctid = (
          select ctid from ${waiting(name)}
            and (select count(*) = 1 and count(one.key) = 1 from (select r.${key} as key from inserted r limit 2) one)
            and current_setting('transaction_isolation') = 'read committed' and ${mayNotify}
            and not pg_try_advisory_xact_lock_shared(session)
          for update skip locked
        )
        returning a.notice, a.claim, a.lease
      ), captured as (
        insert into inquiries_mailer.outbox (table_number, key, id, claim, begun_at, first_attempt_at, due_at)
          select ${number}, r.${key}::text, l.notice, l.claim, case when l.claim is not null then clock_timestamp() end,
            case when l.claim is not null then clock_timestamp() end, clock_timestamp() + coalesce(l.lease, interval '0')
          from inserted r left join left_ahead l on true
        returning id
      )
      select id into own from captured limit 1;`
}

const notifyOne = (table: Description, number: number): string => {
  const name = JSON.stringify(`${table.schema}.${table.name}`).replaceAll("'", "''")
  // A text key could exceed what a payload may hold (8,000 bytes), and may be personal data.
  const id = isTextKey(table.keyType)
    ? ""
    : ` || ',"id":' || (select to_json(r.${identifier(table.key)}) from inserted r limit 1)`
  return `
  if found then
    begin
      if own is not null or (${mayNotify}) then
        perform ${notifies}'${channel}', '{"table":${name}'${id} || coalesce(',"notice":"' || own || '"', '') || '}');
      end if;
    exception when others then
      raise log 'inquiries_mailer: nobody was notified of table number ${number}: SQLSTATE %', sqlstate;
    end;
  end if;`
}

/** The body of the trigger function; equal text means nothing to do. */
export const functionBody = (name: DatabaseName, table: Description, wake: Wake, number: number): string =>
  // Its number is written into it: asked of the trigger's arguments it would be read anew for each row. When something fails, it may
  // be the claims that are left ahead, and not the outbox: once more without them, and without waiting for a lock again. Not by
  // PERFORM, after which something would have been found.
  wake === "poll"
    ? `
begin${captured(table, number)}
  return null;
end`
    : `
declare
  own uuid;
  waited text;
begin
  begin
    if exists (select from ${waiting(name)}) then${claimed(name, table, number)}
    else${plain(table, number)}
    end if;
  exception when others then
    waited := set_config('lock_timeout', '1', true);${captured(table, number)}
  end;${notifyOne(table, number)}
  return null;
end`
