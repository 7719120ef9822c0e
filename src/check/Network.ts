// The way to the server, step by step: its name, a connection to its port, and the encryption on it. Each step is one that
// a firewall, a DNS zone or a certificate breaks alone.
import { Clock, DateTime, Effect } from "effect"
import { lookup } from "node:dns/promises"
import * as Net from "node:net"
import * as Tls from "node:tls"
import { tlsOptions } from "../Opening.ts"
import type { Address } from "../Database.ts"
import { bySystem } from "../SqlOutage.ts"
import { advise, type Finding, finding, type Hop, hop, isBroken, ok, sql, unasked } from "./Hop.ts"
import { setAddress, setTo, type Place } from "./Setting.ts"

const isSocket = ({ host }: Address): boolean => host.startsWith("/")

/** A certificate that ends sooner is worth a warning. */
const soonDays = 14

/** Stops at the first step that fails: what comes after it could not work either. */
export const look = Effect.fnUntraced(function* (subject: Place) {
  const { address } = subject.database
  const hops: Array<Hop> = [yield* name(subject)]
  if (hops.some(isBroken)) return hops
  hops.push(yield* hop("port", port(subject)))
  if (hops.some(isBroken)) return hops
  hops.push(yield* encryption(subject, address))
  return hops
})

const name = (subject: Place): Effect.Effect<Hop> => {
  const { address } = subject.database
  if (isSocket(address) || Net.isIP(address.host) !== 0) {
    return Effect.succeed(unasked("name", ok("is an address: there is nothing to look up")))
  }
  return hop(
    "name",
    Effect.tryPromise({ try: () => lookup(address.host, { all: true }), catch: codeOf }).pipe(
      Effect.match({
        onSuccess: (found) => ok(`${address.host} is ${found.map((one) => one.address).join(", ")}`),
        onFailure: (code) => finding("broken", reason(code), ...setAddress(subject, { host: "<the server's name>" }))
      })
    )
  )
}

const port = Effect.fnUntraced(function* (subject: Place) {
  const { address } = subject.database
  return yield* connected(address).pipe(
    Effect.as(ok(isSocket(address) ? `the socket in ${address.host} answers` : `port ${address.port} answers`)),
    Effect.catch((code) =>
      Effect.succeed(
        finding(
          "broken",
          `${address.host} port ${address.port}: ${reason(code)}`,
          ...setAddress(subject, { host: "<the server's name>", port: "<its port>" }),
          advise("start the server, and let its firewall admit this machine")
        )
      )
    ),
    Effect.scoped
  )
})

const encryption = (subject: Place, address: Address): Effect.Effect<Hop> => {
  const { tls } = address
  if (tls.mode === "disable" || isSocket(address)) {
    return Effect.succeed(unasked("encryption", ok(isSocket(address) ? "a socket needs none" : "none, as it is set")))
  }
  return hop(
    "encryption",
    Effect.scoped(encrypted(address)).pipe(
      Effect.flatMap((socket) => certificate(socket, tls.mode === "verify-full" || tls.ca !== undefined)),
      Effect.catch((code) => Effect.succeed(unencrypted(subject, code)))
    )
  )
}

const unencrypted = (subject: Place, code: string): Finding =>
  code === refusedTls
    ? finding(
        "broken",
        "the server offers no encryption",
        sql("alter system set ssl = on;"),
        setTo(subject, ["tls", "mode"], "disable")
      )
    : finding("broken", reason(code), setTo(subject, ["tls", "ca"], "<file with the certificate of its authority>"))

const certificate = Effect.fnUntraced(function* (socket: Tls.TLSSocket, verified: boolean) {
  const now = yield* Clock.currentTimeMillis
  const ends = DateTime.make(socket.getPeerCertificate().valid_to)
  const protocol = socket.getProtocol() ?? "TLS"
  if (!verified) return ok(`${protocol}, whoever the server is: with sslmode=verify-full it is verified`)
  const days = ends._tag === "Some" ? Math.floor((DateTime.toEpochMillis(ends.value) - now) / 86_400_000) : undefined
  if (days === undefined || days >= soonDays) return ok(`${protocol}, the server is verified`)
  return finding("warning", `the server's certificate ends in ${days} days`, advise("renew the server's certificate"))
})

const connected = (address: Address) =>
  Effect.acquireRelease(
    Effect.callback<Net.Socket, string>((resume) => {
      const socket = isSocket(address)
        ? Net.connect(`${address.host}/.s.PGSQL.${address.port}`)
        : Net.connect(address.port, address.host)
      socket.once("connect", () => resume(Effect.succeed(socket)))
      socket.on("error", (error) => resume(Effect.fail(codeOf(error))))
      return Effect.sync(() => socket.destroy())
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** SSLRequest, and what the server answers it with (https://www.postgresql.org/docs/current/protocol-flow.html). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const accepted = "S".charCodeAt(0)
const refusedTls = "no TLS"

const encrypted = Effect.fnUntraced(function* (address: Address) {
  const plain = yield* connected(address)
  return yield* Effect.callback<Tls.TLSSocket, string>((resume) => {
    const fail = (error: Error) => resume(Effect.fail(codeOf(error)))
    plain.once("close", () => resume(Effect.fail("ECONNRESET")))
    plain.once("data", (answer) => {
      if (answer[0] !== accepted) return resume(Effect.fail(refusedTls))
      const options = tlsOptions(address.tls, address.host)
      const socket = Tls.connect({ ...(options === false ? {} : options), socket: plain })
      socket.once("secureConnect", () => resume(Effect.succeed(socket)))
      socket.on("error", fail)
    })
    plain.write(sslRequest)
  })
})

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no reason given"

const reason = (code: string): string => {
  const [, known] = bySystem(code) ?? []
  return known === undefined ? `the connection failed (${code})` : `${known} (${code})`
}
