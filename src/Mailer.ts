// The port that sends one mail. An adapter knows how; whoever calls decides, from the reason of a failure, what becomes
// of the notice. Delivery is at-least-once: after `Uncertain` the mail may have been accepted.
import type { DateTime, Effect } from "effect"
import { Context, Duration, Schema } from "effect"

export interface Mail {
  /** With its angle brackets; the same for every attempt for one notice, and for no other notice. */
  readonly messageId: string
  /** The notice's uuid: goes out as `client-request-id` and into every log line. */
  readonly correlationId: string
  readonly date: DateTime.Utc
  readonly from: string
  readonly to: ReadonlyArray<string>
  readonly cc: ReadonlyArray<string>
  /** One valid address, or none. */
  readonly replyTo: { readonly name: string | undefined; readonly address: string } | undefined
  readonly subject: string
  readonly text: string
  readonly html: string
  /** It may have been accepted before: says so to whoever reads its headers. */
  readonly maybeDuplicate: boolean
}

/** Surely not sent, and another attempt may succeed: spends an attempt. */
export class Transient extends Schema.TaggedError<Transient>()("Transient", {
  detail: Schema.String,
  /** What the server asked for; replaces the backoff. */
  retryAfter: Schema.UndefinedOr(Schema.Duration)
}) {
  readonly advice = "Nothing to do: it is retried."
}

/** Surely not sent, too many requests: the mailbox pauses and no attempt is spent. */
export class Throttled extends Schema.TaggedError<Throttled>()("Throttled", {
  detail: Schema.String,
  retryAfter: Schema.Duration
}) {
  readonly advice = "Nothing to do: the mailbox goes on when the pause that Microsoft asked for is over."
}

/** Surely not sent, and no mail of this credential or mailbox can be until somebody repairs it. */
export class Blocked extends Schema.TaggedError<Blocked>()("Blocked", {
  scope: Schema.Literals(["credential", "mailbox"]),
  detail: Schema.String,
  advice: Schema.String
}) {}

/** Surely not sent, and this mail never will be as it is. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  detail: Schema.String
}) {
  readonly advice = "Look at the row and at the recipients, then re-queue the notice."
}

/** The request went out and no answer tells whether the mail was accepted. */
export class Uncertain extends Schema.TaggedError<Uncertain>()("Uncertain", {
  detail: Schema.String
}) {
  readonly advice = "Whether the mail was accepted is not known."
}

export const MailerReason = Schema.Union([Transient, Throttled, Blocked, Rejected, Uncertain])
export type MailerReason = typeof MailerReason.Type

/** What happened and what to do, as two sentences for an operator. */
export const explain = ({ advice, detail }: MailerReason): string => `${detail.replace(/\.$/, "")}. ${advice}`

/** Every failure of a Mailer. `detail` and `advice` are for the operator and hold neither secret nor customer data. */
export class MailerError extends Schema.TaggedError<MailerError>()("MailerError", {
  reason: MailerReason
}) {
  override get message(): string {
    return this.reason.detail
  }
}

/** What the provider said when it accepted a mail. Accepted is not delivered. */
export interface Accepted {
  /** The provider's own id of the request, for its support. */
  readonly requestId: string | undefined
}

/** Whether the mailbox may be used now. Claim nothing while `Closed`, and one notice for a `Probe`. */
export type Standing =
  | { readonly _tag: "Open" }
  /** Blocked, and it is time to try one mail. */
  | { readonly _tag: "Probe"; readonly reason: Blocked }
  | { readonly _tag: "Closed"; readonly wait: Duration.Duration; readonly reason: Throttled | Blocked }

/** Of those in which a mail may be begun, because its request has a place, or has one soon. */
export interface Places {
  /** None where it is not known whether any mail could be sent at all. */
  readonly all: number
  readonly free: number
}

export class Mailer extends Context.Service<
  Mailer,
  {
    /**
     * Sends one mail. `begin` runs once, after what can fail without a request (standing, token) and right before the
     * request is written, or while the few before it are; `compose` runs meanwhile. If either fails, nothing is sent, and
     * `begin`'s failure is told first. Interruptible until they start, not afterwards; ends within `sendTimeout` of
     * `begin`'s end, or with `compose`; requests nothing when `begin` began 20 s ago. `begun` is when that was, see
     * `elapsed`, where it had to be before this: then it is not interrupted after it was asked for a place.
     */
    readonly send: <C, B, R>(
      compose: Effect.Effect<Mail, C, R>,
      begin: Effect.Effect<void, B, R>,
      begun?: number
    ) => Effect.Effect<Accepted, MailerError | C | B, R>
    /** How many mails may be begun. A guess: others may begin some meanwhile. */
    readonly places: Effect.Effect<Places>
    /**
     * Whether the sender's mailbox has a mail with this Message-ID. No failure of it tells anything of sending; `Blocked`
     * means that somebody has to allow the search. Interruptible.
     */
    readonly find: (messageId: string) => Effect.Effect<boolean, MailerError>
    readonly standing: Effect.Effect<Standing>
  }
>()("inquiries-mailer/Mailer") {}

/** From the end of `begin` to an outcome: shorter than the lease that `begin` renews. */
export const sendTimeout = Duration.seconds(20)
