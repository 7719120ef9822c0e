// The way out: a token, the right to send from the mailbox, and where it is wanted the right to look into it. Asked of
// Microsoft itself, without sending a mail.
import { Effect } from "effect"
import type { Credential } from "../Credential.ts"
import { Mailer, type MailerError, type MailerReason } from "../Mailer.ts"
import * as Probe from "../Mailer/Probe.ts"
import { TokenCache } from "../Mailer/TokenCache.ts"
import { advise, type Finding, finding, hop, look, ok, powershell, type Repair, skipped } from "./Hop.ts"
import { setTo, type Subject } from "./Setting.ts"

/** `mayNotSend` asks once for all databases that send from this mailbox. */
export const hops = Effect.fnUntraced(function* <R>(
  subject: Subject,
  mayNotSend: Effect.Effect<MailerReason | undefined, MailerError, R>
) {
  const { envelope, reconcile } = subject.database
  const token = yield* look("token", tokenFor(subject))
  if (token.found === undefined) return [token.hop, skipped("right to send", "there is no token to ask with")]
  const roles = Probe.roles(token.found)
  const send = yield* hop(
    "right to send",
    Effect.map(told(mayNotSend), (refusal) =>
      refusal === undefined ? maySend(envelope.from, roles) : unable(subject, refusal)
    )
  )
  return reconcile === "mailbox" ? [token.hop, send, yield* hop("right to look", mayLook(subject))] : [token.hop, send]
})

const tokenFor = Effect.fnUntraced(function* (subject: Subject) {
  const { get } = yield* TokenCache
  const got = yield* Effect.result(get)
  if (got._tag === "Failure") return [unable(subject, got.failure.reason), undefined] as const
  return [ok(`for application ${subject.database.credential.clientId}`), got.success] as const
})

const everyMailbox = "Mail.Send"

const maySend = (from: string, roles: ReadonlyArray<string>): Finding =>
  ok(
    roles.includes(everyMailbox)
      ? `as ${from}, and as everybody else of the tenant: RBAC for Applications would limit it to this mailbox`
      : `as ${from}`
  )

/** No mail has this Message-ID. */
const nobodys = (from: string): string => `<inquiries-mailer-check${from.slice(from.lastIndexOf("@"))}>`

const mayLook = Effect.fnUntraced(function* (subject: Subject) {
  const { from } = subject.database.envelope
  const { find } = yield* Mailer
  const looked = yield* Effect.result(find(nobodys(from)))
  if (looked._tag === "Success") return ok(`into ${from}`)
  const { reason } = looked.failure
  if (reason._tag !== "Blocked" || reason.scope !== "mailbox") return unable(subject, reason)
  return finding(
    "broken",
    sentence(reason),
    ...grant(subject, "Application Mail.Read"),
    setTo(subject, ["reconcile"], "resend")
  )
})

/** A failure to ask is told like an answer. */
const told = <R>(asking: Effect.Effect<MailerReason | undefined, MailerError, R>) =>
  Effect.catch(asking, ({ reason }) => Effect.succeed(reason))

const sentence = ({ detail }: MailerReason): string => detail.replace(/\.$/, "")

const unable = (subject: Subject, reason: MailerReason): Finding => {
  switch (reason._tag) {
    case "Blocked":
      return finding("broken", sentence(reason), advise(reason.advice), ...repairs(subject, reason.detail))
    case "Rejected":
      return finding("broken", sentence(reason), advise(reason.advice))
    case "Transient":
      return finding(
        "broken",
        sentence(reason),
        advise("try again; let this machine reach Microsoft through its firewall")
      )
    case "Throttled":
    case "Uncertain":
      return finding("not known", sentence(reason), advise("try again in a minute"))
  }
}

const repairs = (subject: Subject, detail: string): ReadonlyArray<Repair> => {
  const { credential, envelope } = subject.database
  const number = Number(/AADSTS(\d+)/.exec(detail)?.[1] ?? 0)
  switch (number) {
    case 7000215:
    case 7000222:
      return newSecret(subject, credential)
    case 7000112:
      return [
        powershell(`Connect-MgGraph -TenantId ${literal(credential.tenantId)} -Scopes Application.ReadWrite.All`),
        powershell(`Update-MgServicePrincipal -ServicePrincipalId ${principal(credential)} -AccountEnabled:$true`)
      ]
    case 700016:
      return [setTo(subject, ["mail", "clientId"], "<the application's id>")]
    case 90002:
    case 900021:
    case 900023:
      return [setTo(subject, ["mail", "tenantId"], "<the directory's id>")]
  }
  if (/answered 403/.test(detail)) return grant(subject, "Application Mail.Send")
  if (/answered 404/.test(detail)) return [setTo(subject, ["mail", "from"], `<not ${envelope.from}: a mailbox>`)]
  return []
}

const newSecret = (subject: Subject, credential: Credential): ReadonlyArray<Repair> => [
  powershell(`Connect-MgGraph -TenantId ${literal(credential.tenantId)} -Scopes Application.ReadWrite.All`),
  powershell(
    `(Add-MgApplicationPassword -ApplicationId (Get-MgApplication -Filter "appId eq ${literal(credential.clientId)}").Id).SecretText`
  ),
  setTo(subject, ["mail", "clientSecret"], "<what the line above prints>")
]

/** Exchange's own rights, for this mailbox alone. */
const grant = ({ database }: Subject, role: string): ReadonlyArray<Repair> => {
  const { credential, envelope } = database
  const app = literal(credential.clientId)
  const scope = literal(`Inquiries ${envelope.from}`)
  return [
    "Connect-MgGraph -Scopes Application.Read.All; Connect-ExchangeOnline",
    `New-ServicePrincipal -AppId ${app} -ObjectId ${principal(credential)}`,
    `New-ManagementScope -Name ${scope} -RecipientRestrictionFilter "PrimarySmtpAddress -eq ${literal(envelope.from)}"`,
    `New-ManagementRoleAssignment -App ${app} -Role ${literal(role)} -CustomResourceScope ${scope}`
  ].map(powershell)
}

const principal = ({ clientId }: Credential): string =>
  `(Get-MgServicePrincipal -Filter "appId eq ${literal(clientId)}").Id`

/** A text of PowerShell's; doubled inside it, a quote stays one. */
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
