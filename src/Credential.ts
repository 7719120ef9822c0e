// The words for who sends: a cloud, and an application in a tenant with its secret or certificate.
import type { Redacted } from "effect"

export interface Cloud {
  /** Origin of the login service, for example `https://login.microsoftonline.com`. */
  readonly login: string
  /** Origin of Microsoft Graph, for example `https://graph.microsoft.com`. */
  readonly graph: string
  /** Both origins are a stand-in on loopback, reached over plain HTTP. */
  readonly emulated: boolean
}

export interface Credential {
  readonly cloud: Cloud
  readonly tenantId: string
  readonly clientId: string
  readonly proof: Proof
}

export type Proof =
  | {
      readonly _tag: "Secret"
      readonly secret: Redacted.Redacted
      /** The day on which it ends, as YYYY-MM-DD, where somebody has said so. */
      readonly expires?: string | undefined
    }
  /** PEM text with a private key and its certificate. */
  | { readonly _tag: "Certificate"; readonly pem: Redacted.Redacted }
