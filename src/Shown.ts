// How keys and times of the outbox are shown to people. A key of text is perhaps personal: logs, pages and commands show
// its hash, which tells keys apart.
import { createHash } from "node:crypto"

export const showKey = (key: string, secret: boolean): string =>
  secret ? `sha256:${createHash("sha256").update(key).digest("hex").slice(0, 12)}` : key

/**
 * SQL: whether keys of the registered table `t` are to be hidden; also where the table is not there any more. No `exists`,
 * which the planner would turn into a walk through the whole catalog.
 */
export const secretKey = `coalesce((select false from pg_class c
  join pg_namespace s on s.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
  where s.nspname = t.table_schema::name and c.relname = t.table_name::name and a.attname = t.key_column::name
    and a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'uuid'::regtype)), true)`

/** SQL: a time as `2026-11-24T14:03:05Z`. */
export const instant = (time: string): string => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`
