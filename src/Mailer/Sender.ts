// Whose mailbox a mail goes out of, and where Microsoft Graph keeps that.
import type { Cloud } from "../Credential.ts"

export interface Sender {
  readonly cloud: Cloud
  /** The mailbox's address. */
  readonly from: string
}

/** Without a slash at its end. */
export const mailboxUrl = ({ cloud, from }: Sender): string => `${cloud.graph}/v1.0/users/${encodeURIComponent(from)}`

/** The mails in it with this Message-ID; `select` are the fields that are wanted of each. */
export const searchUrl = (sender: Sender, messageId: string, select: string): string => {
  const filter = encodeURIComponent(`internetMessageId eq '${messageId.replaceAll("'", "''")}'`)
  return `${mailboxUrl(sender)}/messages?$filter=${filter}&$select=${select}`
}
