// How to encrypt a database connection: the modes that may be asked for, and what holds when none is.
// Nothing here ever falls back to an unencrypted connection.
import { isIPv4, isIPv6 } from "node:net"
import { Schema } from "effect"
import type { Tls } from "../Database.ts"

export const TlsMode = Schema.Literals(["disable", "require", "verify-ca", "verify-full"]).annotate({
  message:
    "must be disable, require, verify-ca or verify-full; prefer and allow would go on without encryption unnoticed: " +
    "write require"
})
export type TlsMode = typeof TlsMode.Type

export const isSocket = (host: string): boolean => host.startsWith("/")

/** Never leaves this machine: a loopback address or the directory of a Unix socket. */
export const isLocal = (host: string): boolean =>
  isSocket(host) ||
  host.toLowerCase() === "localhost" ||
  (isIPv4(host) && host.startsWith("127.")) ||
  (isIPv6(host) && /^(0*:)+0*1$/.test(host))

/**
 * `verify-ca` is raised to `verify-full`, which our driver does anyway. `system` counts as a given CA, so that
 * `require` verifies with it as it does with a file.
 */
export const tlsFor = (host: string, mode: TlsMode | undefined, ca: string | undefined): Tls => {
  const wanted = mode ?? (isLocal(host) ? "disable" : "verify-full")
  if (wanted === "disable") return { mode: "disable" }
  if (ca === "system") return { mode: "verify-full", ca: undefined }
  return { mode: wanted === "require" ? "require" : "verify-full", ca }
}
