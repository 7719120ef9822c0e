// The settings of who is told without asking: alerts by mail, the shape in which they are posted, and the daily receipt.
import { Schema } from "effect"
import { EmailAddress, text, TimeZone } from "./Words.ts"

const split = (written: string): ReadonlyArray<string> =>
  written
    .split(",")
    .map((address) => address.trim())
    .filter((address) => address !== "")

const isAddress = Schema.is(EmailAddress)

const Addresses = text((written) => {
  const addresses = split(written)
  return addresses.length > 0 && addresses.every((address) => isAddress(address))
    ? undefined
    : "must be plain e-mail addresses with commas between them, without names or angle brackets"
})

const time = /^([01]?\d|2[0-3]):([0-5]\d)$/

export const toldFields = {
  ALERT_EMAIL: Schema.optionalKey(Addresses),
  ALERT_WEBHOOK_FORMAT: Schema.optionalKey(
    Schema.Literals(["json", "slack", "teams"]).annotate({ message: "must be json, slack or teams" })
  ),
  RECEIPT_EMAIL: Schema.optionalKey(Addresses),
  RECEIPT_AT: Schema.optionalKey(
    text((written) => (time.test(written) ? undefined : "must be a time of day from 00:00 to 23:59"))
  ),
  RECEIPT_TIME_ZONE: Schema.optionalKey(TimeZone)
}

export const toldExamples: Readonly<Record<keyof typeof toldFields, string>> = {
  ALERT_EMAIL: "it@example.com, boss@example.com",
  ALERT_WEBHOOK_FORMAT: "teams",
  RECEIPT_EMAIL: "office@example.com",
  RECEIPT_AT: "08:00",
  RECEIPT_TIME_ZONE: "America/Toronto"
}

export interface Told {
  /** Who gets alerts by mail; nobody if empty. */
  readonly alertEmail: ReadonlyArray<string>
  /** Undefined: as fits the address. */
  readonly webhookFormat: "json" | "slack" | "teams" | undefined
  readonly receipt: {
    /** Nobody if empty. */
    readonly to: ReadonlyArray<string>
    readonly hour: number
    readonly minute: number
    /** IANA. */
    readonly timeZone: string
  }
}

export const toldOf = (service: Schema.Struct.Type<typeof toldFields>): Told => {
  const [, hour, minute] = time.exec(service.RECEIPT_AT ?? "08:00") ?? []
  return {
    alertEmail: split(service.ALERT_EMAIL ?? ""),
    webhookFormat: service.ALERT_WEBHOOK_FORMAT,
    receipt: {
      to: split(service.RECEIPT_EMAIL ?? ""),
      hour: Number(hour),
      minute: Number(minute),
      timeZone: service.RECEIPT_TIME_ZONE ?? "UTC"
    }
  }
}
