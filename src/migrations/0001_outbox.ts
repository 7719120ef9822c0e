// The durable queue. It holds keys, times and outcomes, no customer data, and not one constraint: nothing here may ever
// refuse a row, because the row is written inside the customer's own transaction.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"

export default Effect.gen(function* () {
  const sql = yield* SqlClient

  // One row a watched table and configured database; its number is the trigger's argument and stays the same for ever.
  yield* sql`
    create table inquiries_mailer.tables (
      number integer generated always as identity primary key,
      database_name text not null,
      table_schema text not null,
      table_name text not null,
      key_column text not null,
      unique (database_name, table_schema, table_name)
    )`

  yield* sql`
    create table inquiries_mailer.outbox (
      -- Given by whoever first acts upon it, see NewId.ts.
      id uuid,
      table_number integer,
      key text,
      created_at timestamptz default clock_timestamp(),
      -- When the notice may next be acted upon: its turn, or while it is claimed the end of the lease.
      due_at timestamptz default clock_timestamp(),
      claim uuid,
      -- Set before a request goes out: without an outcome the mail may have been accepted.
      begun_at timestamptz,
      maybe_sent boolean default false,
      -- How often the mailbox was searched since, without finding the mail.
      looks integer default 0,
      -- How often whoever had begun it died before an outcome.
      crashes integer default 0,
      attempts integer default 0,
      first_attempt_at timestamptz,
      -- Time spent on backoff; time blocked, throttled or with the database away does not count.
      waited interval default interval '0',
      outcome text,
      detail text,
      settled_at timestamptz
    ) with (
      fillfactor = 70,
      -- A queue turns over quickly: clean up after 1,000 dead rows, not after a fifth of the table.
      autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000
    )`

  // The claim path, and the look for the next due time.
  yield* sql`create index outbox_due on inquiries_mailer.outbox (table_number, due_at) where outcome is null`
  // Begin and settle. An INSERT does not touch it.
  yield* sql`create index outbox_id on inquiries_mailer.outbox (id) where id is not null`
  // Two unsettled notices for one key. Not a hash of it: keys that come one after another then stand side by side, as with
  // the id. Only its beginning, see Keyed.ts: 300 characters are at most 1,200 bytes, and an entry of more than
  // 2,704 would be refused. Its predicate is worded unlike the others', so that each question has one index that fits.
  yield* sql`
    create index outbox_key on inquiries_mailer.outbox (table_number, (left(key, 300)) collate "C")
    where coalesce(outcome, '') = ''`
  // Whether a key was captured and is settled, for the sweep. Another length, so that it fits no other question; partial, so
  // that neither an INSERT nor a claim nor a begun mark pays for it.
  yield* sql`
    create index outbox_seen on inquiries_mailer.outbox (table_number, (left(key, 301)) collate "C")
    where outcome is not null`

  // The sweep, see Sweep.ts: empty until `migrate` has noted what was there before. `swept_through` is a key or a time.
  yield* sql`
    alter table inquiries_mailer.tables
      add column swept_table oid, add column swept_by text, add column swept_through text,
      -- Where it may go next, once no transaction from before this one runs any more.
      add column swept_next text, add column swept_horizon xid8,
      -- Rows that await a decision.
      add column sweep_waiting integer`
  // When the row was written, where that is long after its notice: somebody's clock is wrong.
  yield* sql`alter table inquiries_mailer.outbox add column row_time timestamptz`

  // What may be pruned. An INSERT does not touch it, nor do claims: no wording of theirs implies its predicate.
  yield* sql`
    create index outbox_settled on inquiries_mailer.outbox (table_number, settled_at) where outcome is not null`

  // What an operator does, see Parked.ts and Pause.ts. Its predicate is worded as none of the others, and no index of
  // theirs fits its question, however many notices are settled.
  yield* sql`
    create index outbox_parked on inquiries_mailer.outbox (table_number, settled_at)
    where coalesce(outcome, '') = 'parked'`

  // What somebody was told of, or is to be, see IncidentBook.ts. `about` is a table, or empty.
  yield* sql`
    create table inquiries_mailer.incident (
      database_name text not null,
      kind text not null,
      about text not null,
      detail text not null,
      since timestamptz not null default clock_timestamp(),
      over_at timestamptz,
      -- That it began, or lately that it lasts.
      told_at timestamptz,
      -- A worker is telling it until then.
      handed_until timestamptz,
      tries integer not null default 0,
      -- It is over, and whoever had heard of it has heard that, too.
      closed boolean not null default false,
      primary key (database_name, kind, about)
    )`
  // A person put it back into the queue after it was parked.
  yield* sql`alter table inquiries_mailer.outbox add column put_back boolean default false`
  // A configured database that stands here is paused.
  yield* sql`
    create table inquiries_mailer.pauses (
      database_name text primary key,
      since timestamptz not null default clock_timestamp()
    )`

  // One row: of which database this outbox was made, and which workers it serves. See Identity.ts.
  yield* sql`
    create table inquiries_mailer.identity (
      one boolean primary key default true check (one),
      version integer not null,
      oldest_worker integer not null,
      database_oid text not null,
      system_identifier text,
      branch text
    )`

  // The receipt of a day, see receipt/: who sends it, and that it was sent; how long a database was away, and since when a
  // table is watched, because rows from before are mailed by nobody.
  yield* sql`
    create table inquiries_mailer.receipt (
      database_name text not null,
      day date not null,
      token uuid,
      held_until timestamptz,
      begun_at timestamptz,
      sent_at timestamptz,
      primary key (database_name, day)
    )`
  yield* sql`
    create table inquiries_mailer.away (
      database_name text not null,
      began_at timestamptz not null,
      ended_at timestamptz not null
    )`
  yield* sql`alter table inquiries_mailer.tables add column watched_since timestamptz`
  // Where many rows come at once, see Burst.ts: `singly` or `held`, null as long as nobody has decided. A digest is a row of
  // its own, without a key, until it is settled; those that it tells of name it, and are settled with it.
  yield* sql`alter table inquiries_mailer.outbox add column burst text, add column digest uuid`
  yield* sql`create index outbox_digest on inquiries_mailer.outbox (digest) where digest is not null`
  yield* sql`alter table inquiries_mailer.tables add column burst_since timestamptz, add column burst_count integer`

  yield* sql`revoke all on schema inquiries_mailer from public`
})
