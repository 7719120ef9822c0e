// Acquisition with a certificate: what is signed, and what is said of one that cannot sign.
import { createPublicKey, verify, X509Certificate } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Inspectable, Redacted } from "effect"
import { acquire, credential, granted } from "./fakeLogin.ts"
import { selfSigned } from "./selfSigned.ts"

describe("Msal with a certificate", () => {
  it.effect("signs with the certificate's key and names the certificate", () =>
    Effect.gen(function* () {
      const { certificate, key } = selfSigned()
      for (const pem of [key + certificate, certificate + key, selfSigned().certificate + key + certificate]) {
        const proof = { _tag: "Certificate", pem: Redacted.make(pem) } as const
        const { asked, result } = yield* acquire(() => Effect.succeed(granted()), { ...credential, proof })
        assert.strictEqual(result._tag, "Success")
        const [head = "", body = "", signature = ""] = (asked[0]?.form.get("client_assertion") ?? "").split(".")
        const header = JSON.parse(Buffer.from(head, "base64url").toString())
        const x509 = new X509Certificate(certificate)
        assert.strictEqual(
          Buffer.from(header["x5t#S256"], "base64url").toString("hex").toUpperCase(),
          x509.fingerprint256.replaceAll(":", "")
        )
        const pss = { key: createPublicKey(key), padding: 6, saltLength: 32 }
        assert.isTrue(verify("sha256", Buffer.from(`${head}.${body}`), pss, Buffer.from(signature, "base64url")))
        assert.isNull(asked[0]?.form.get("client_secret") ?? null)
      }
    })
  )

  it.effect("a PEM without a usable pair blocks the credential, says what is missing and quotes nothing", () =>
    Effect.gen(function* () {
      const { certificate, key } = selfSigned()
      const pems = {
        nothing: "canary",
        "no key": certificate,
        "no certificate": key,
        strangers: key + selfSigned().certificate
      }
      for (const pem of Object.values(pems)) {
        const proof = { _tag: "Certificate", pem: Redacted.make(pem) } as const
        const { asked, result } = yield* acquire(() => Effect.succeed(granted()), { ...credential, proof })
        assert.lengthOf(asked, 0)
        assert(result._tag === "Failure")
        assert.deepInclude(result.failure.reason, { _tag: "Blocked", scope: "credential" })
        assert.match(result.failure.message, /^CLIENT_CERTIFICATE h/)
        assert.notMatch(Inspectable.toStringUnknown(result.failure), /canary|BEGIN|MII/)
      }
    })
  )
})
