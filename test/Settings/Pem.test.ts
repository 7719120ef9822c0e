// Client certificates: as text, as a file, and all the ways to get one wrong.
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ellipticKey, other, own } from "./certificate.ts"
import { complete, refused, secretOf, settle, type Variables } from "./harness.ts"

const withCertificate = (CLIENT_CERTIFICATE: string): Variables => {
  const { CLIENT_SECRET: _, ...rest } = complete
  return { ...rest, CLIENT_CERTIFICATE }
}

const ordered = `${own.key}\n${own.certificate}`.replaceAll(/\n+/g, "\n")

describe("a client certificate", () => {
  it.effect.each([
    ["key first", own.key + own.certificate],
    ["certificate first", own.certificate + own.key],
    ["with text around", `Bag Attributes\n${own.certificate}more\n${own.key}`]
  ] as const)("is read from a file, %s, and handed over with its key first", ([, pem]) =>
    Effect.gen(function* () {
      const settings = yield* settle(withCertificate("/client.pem"), { "/client.pem": pem })
      assert.strictEqual(settings.databases[0]?.credential.proof._tag, "Certificate")
      assert.strictEqual(secretOf(settings.databases[0])?.replaceAll(/\n+/g, "\n"), ordered)
    })
  )

  it.effect("is put before the rest of its chain", () =>
    Effect.gen(function* () {
      const settings = yield* settle(withCertificate(other.certificate + own.certificate + own.key))
      const pem = secretOf(settings.databases[0]) ?? ""
      assert.isBelow(pem.indexOf(own.certificate.slice(0, 200)), pem.indexOf(other.certificate.slice(0, 200)))
      assert.include(pem, other.certificate.slice(0, 200))
    })
  )

  it.effect("may be the variable itself, even on one line", () =>
    Effect.gen(function* () {
      const settings = yield* settle(withCertificate((own.key + own.certificate).replaceAll("\n", "\\n")))
      assert.strictEqual(secretOf(settings.databases[0])?.replaceAll(/\n+/g, "\n"), ordered)
    })
  )

  it.effect.each([
    [own.key, /no certificate/],
    [own.certificate, /no private key/],
    ["-----BEGIN NOTHING-----", /neither/],
    [own.encryptedKey + own.certificate, /passphrase/],
    [own.key + other.certificate, /another private key/],
    [ellipticKey + own.certificate, /RSA/],
    [own.key + own.certificate.replace(/MII/, "AAA"), /cannot be read/],
    [own.key.replace(/MII/, "AAA") + own.certificate, /cannot be read/]
  ] as const)("is refused with its reason and without the key %#", ([pem, reason]) =>
    Effect.gen(function* () {
      const error = yield* refused(withCertificate(pem))
      assert.deepStrictEqual(
        error.issues.map((issue) => issue.at),
        ["CLIENT_CERTIFICATE"]
      )
      assert.match(error.issues[0].problem, reason)
      assert.notInclude(error.message, own.key.split("\n")[3] ?? "")
    })
  )

  it.effect("is refused beside a secret", () =>
    Effect.gen(function* () {
      const { issues } = yield* refused({ ...complete, CLIENT_CERTIFICATE: own.key + own.certificate })
      assert.deepStrictEqual(
        issues.map((issue) => issue.at),
        ["CLIENT_SECRET"]
      )
      assert.include(issues[0].problem, "together with CLIENT_CERTIFICATE")
    })
  )

  it.effect("in a file that does not exist is refused without the file's name, which may be a misplaced secret", () =>
    Effect.gen(function* () {
      const { issues, message } = yield* refused(withCertificate("c4n4ry"))
      assert.include(issues[0].problem, "does not exist")
      assert.notInclude(message, "c4n4ry")
    })
  )
})
