// A client certificate's PEM text as MSAL wants it: the private key and the SHA-256 thumbprint of the certificate that
// belongs to it, wherever in the text they stand. No error quotes the text.
import { createPrivateKey, X509Certificate } from "node:crypto"
import { Effect, Redacted } from "effect"
import { Blocked, MailerError } from "../Mailer.ts"

export const read = Effect.fnUntraced(function* (pem: Redacted.Redacted) {
  const text = Redacted.value(pem)
  const key = yield* Effect.try({
    try: () => createPrivateKey(text),
    catch: () => unusable("holds no readable private key", "Put the unencrypted private key into the PEM file.")
  })
  if (key.asymmetricKeyType !== "rsa") return yield* unusable("has no RSA key", "Make a certificate with an RSA key.")
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  const own = yield* Effect.try({
    try: () =>
      certificates.map((one) => new X509Certificate(one)).find((certificate) => certificate.checkPrivateKey(key)),
    catch: () => unusable("holds a damaged certificate", "Export the certificate again.")
  })
  if (own === undefined) {
    return yield* unusable("holds no certificate for its key", "Put the certificate into the same PEM file as its key.")
  }
  return {
    thumbprintSha256: own.fingerprint256.replaceAll(":", ""),
    privateKey: key.export({ type: "pkcs8", format: "pem" }).toString()
  }
})

const unusable = (what: string, advice: string) =>
  new MailerError({
    reason: new Blocked({ scope: "credential", detail: `CLIENT_CERTIFICATE ${what}.`, advice })
  })
