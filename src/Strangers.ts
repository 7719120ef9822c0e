// What is not ours in the schema of the outbox, or depends on what is: whoever drops the schema has to know of it.
import { Effect } from "effect"
import { SqlClient } from "effect/sql/SqlClient"

/** By their names within the schema. */
export interface Ours {
  readonly tables: ReadonlyArray<string>
  readonly indexes: ReadonlyArray<string>
  readonly functions: ReadonlyArray<string>
}

/** In PostgreSQL's own words, as `view public.waiting`. */
export const find = Effect.fn("Strangers.find")(function* ({ functions, indexes, tables }: Ours) {
  const sql = yield* SqlClient
  const rows = yield* sql<{ readonly what: string }>`
    with schema as (select oid from pg_namespace where nspname = 'inquiries_mailer'),
    own as (
      select c.oid from pg_class c, schema
      where c.relnamespace = schema.oid and c.relkind = 'r' and c.relname = any(${tables}::text[])
    ),
    functions as (
      select p.oid, 'inquiries_mailer_' || substr(p.proname, length('capture_') + 1) as trigger from pg_proc p, schema
      where p.pronamespace = schema.oid and p.pronargs = 0 and p.proname = any(${functions}::text[])
    )
    -- Whatever lies in the schema itself. The numbers of a table of ours belong to it.
    select pg_describe_object(d.classid, d.objid, 0) as what from pg_depend d, schema
    where d.refclassid = 'pg_namespace'::regclass and d.refobjid = schema.oid
      and not (d.classid = 'pg_class'::regclass and (d.objid in (select oid from own) or exists (select from pg_depend s
        where s.classid = d.classid and s.objid = d.objid and s.deptype = 'i' and s.refobjid in (select oid from own))))
      and not (d.classid = 'pg_proc'::regclass and d.objid in (select oid from functions))
    -- What would go unseen together with a table of ours.
    union select pg_describe_object('pg_class'::regclass, i.indexrelid, 0) from pg_index i join pg_class c on c.oid = i.indexrelid
    where i.indrelid in (select oid from own) and c.relname <> all(${indexes}::text[])
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
    union select pg_describe_object('pg_trigger'::regclass, t.oid, 0) from pg_trigger t
    where t.tgrelid in (select oid from own) and not t.tgisinternal
    -- What needs something of ours from elsewhere.
    union select pg_describe_object('pg_trigger'::regclass, t.oid, 0) from pg_trigger t join functions f on f.oid = t.tgfoid
    where t.tgname <> f.trigger
    union select pg_describe_object('pg_class'::regclass, r.ev_class, 0) from pg_depend d join pg_rewrite r on r.oid = d.objid
    where d.classid = 'pg_rewrite'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid in (select oid from own)
    union select pg_describe_object('pg_constraint'::regclass, k.oid, 0) from pg_constraint k
    where k.confrelid in (select oid from own) and k.conrelid not in (select oid from own)
    order by 1`
  return rows.map(({ what }) => what)
})
