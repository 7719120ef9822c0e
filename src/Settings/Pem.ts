// PEM texts, given as they are or as the path of a file: a client certificate with its private key, and a CA.
// They are opened here, so that a wrong file is a mistake in the settings and not a failure at three in the night.
import { createPrivateKey, X509Certificate } from "node:crypto"
import { Effect, FileSystem, Redacted, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { text } from "./Words.ts"

/** Why a file cannot be read, without its name: the name might be a secret that was put into the wrong variable. */
export const readText = Effect.fn("Settings.readText")(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  return yield* files.readFileString(path).pipe(
    Effect.map((content) => content.replace(/^\uFEFF/, "")),
    Effect.mapError((error) => error.reason._tag)
  )
})

const reasons: Readonly<Record<string, string>> = {
  NotFound: "names a file that does not exist",
  PermissionDenied: "names a file that this user may not read",
  BadResource: "names something that is no file"
}

export const unreadable = (tag: string): string => reasons[tag] ?? "names a file that cannot be read"

const readPem = Effect.fnUntraced(function* (value: string) {
  // Some dashboards keep variables on one line and write its line breaks as \n.
  if (value.startsWith("-----BEGIN")) return value.replaceAll("\\n", "\n")
  return yield* readText(value).pipe(Effect.mapError(unreadable))
})

interface Block {
  readonly label: string
  readonly pem: string
}

const blocks = (pem: string): ReadonlyArray<Block> =>
  [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g)].map(([block, label]) => ({
    label: label ?? "",
    pem: block
  }))

const certificates = (found: ReadonlyArray<Block>): Result.Result<ReadonlyArray<X509Certificate>, string> =>
  Result.all(
    found
      .filter((block) => block.label === "CERTIFICATE")
      .map((block) =>
        Result.try({ try: () => new X509Certificate(block.pem), catch: () => "has a certificate that cannot be read" })
      )
  )

/** The key, then the certificate that belongs to it, then the rest of the chain. */
export const clientCertificate = (pem: string): Result.Result<string, string> =>
  Result.gen(function* () {
    const found = blocks(pem)
    const key = found.find((block) => block.label.endsWith("PRIVATE KEY"))
    const chain = yield* certificates(found)
    if (key === undefined && chain.length === 0)
      return yield* Result.fail("has neither a private key nor a certificate")
    if (key === undefined) return yield* Result.fail("has no private key beside the certificate")
    if (chain.length === 0) return yield* Result.fail("has no certificate beside the private key")
    if (/ENCRYPTED/.test(key.pem)) return yield* Result.fail("has an encrypted private key: take its passphrase off")
    const privateKey = yield* Result.try({
      try: () => createPrivateKey(key.pem),
      catch: () => "has a private key that cannot be read"
    })
    if (privateKey.asymmetricKeyType !== "rsa")
      return yield* Result.fail("has a key that is not RSA, as Microsoft needs")
    const own = chain.find((certificate) => certificate.checkPrivateKey(privateKey))
    if (own === undefined) return yield* Result.fail("has a certificate that belongs to another private key")
    return [key.pem, own, ...chain.filter((other) => other !== own)].map(String).join("\n").replace(/\n*$/, "\n")
  })

const authority = (pem: string): Result.Result<string, string> =>
  Result.flatMap(certificates(blocks(pem)), (found) =>
    found.length === 0 ? Result.fail("has no certificate in it") : Result.succeed(pem)
  )

const opened = (check: (pem: string) => Result.Result<string, string>) => (value: string) =>
  readPem(value).pipe(
    Effect.flatMap((pem) => Effect.fromResult(check(pem))),
    Effect.mapError((message) => new SchemaIssue.InvalidValue({ message }))
  )

export const ClientCertificate = text(() => undefined).pipe(
  Schema.decodeTo(Schema.Redacted(Schema.String), {
    decode: SchemaGetter.transformEffect((value) =>
      Effect.map(opened(clientCertificate)(value), (pem) => Redacted.make(pem))
    ),
    encode: SchemaGetter.forbiddenEncoding
  })
)

/** PEM text, or `system` as it stands: the certificates that this machine trusts. */
export const Authority = text(() => undefined).pipe(
  Schema.decodeTo(Schema.String, {
    decode: SchemaGetter.transformEffect((value) =>
      value === "system" ? Effect.succeed(value) : opened(authority)(value)
    ),
    encode: SchemaGetter.forbiddenEncoding
  })
)
