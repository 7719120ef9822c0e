// What a receipt says: whether every row was mailed, first and in the subject, then the numbers. Pure. It holds numbers and the
// names of databases and tables, and nothing that a customer wrote.
import { showCount } from "../Counts.ts"
import { alarm, type Block, type Content, text, title } from "../OperatorMail.ts"
import { date } from "../template/time.ts"
import { type Account, isCounted, type TableAccount } from "./Account.ts"
import type { Day } from "./Day.ts"

/** A database that could not be asked. */
export interface Unasked {
  readonly database: string
  readonly reason: string
  /** Since when it is away, as the worker has seen it, in epoch milliseconds; undefined if it has not. */
  readonly awaySince: number | undefined
}

export type Answer = Account | Unasked

const isUnasked = (answer: Answer): answer is Unasked => "reason" in answer

export const contentOf = (answers: ReadonlyArray<Answer>, day: Day, timeZone: string, now: number): Content => {
  const name = date(day.name)
  const tables = answers.flatMap((answer) => (isUnasked(answer) ? [] : answer.tables))
  const counted = tables.flatMap(({ outcomes, written }) =>
    isCounted(written) && outcomes !== undefined ? [written] : []
  )
  const rows = sum(counted.map((written) => written.rows))
  const open = sum(counted.map((written) => openOf(written)))
  const uncounted = tables.filter(({ written }) => !isCounted(written)).length
  const unasked = answers.filter(isUnasked)
  const silent = answers.flatMap((answer) =>
    isUnasked(answer) ? [] : answer.tables.flatMap((each) => (each.silent ? [`${answer.database} ${each.table}`] : []))
  )
  const verdict =
    open > 0
      ? `${open} of ${rows} rows were not mailed`
      : rows > 0 || uncounted === 0
        ? allMailed(rows, rows - sum(counted.map(({ mailed }) => mailed)), answers.length > unasked.length)
        : `${sum(tables.map(({ outcomes }) => outcomes?.accepted ?? 0))} mails were accepted, rows were not counted`
  const subject = [
    ...(open > 0 ? [verdict] : []),
    ...(unasked.length === 0 ? [] : [`${unasked.map(({ database }) => database).join(", ")} could not be asked`]),
    ...(silent.length === 0 ? [] : [`no rows in ${silent.join(", ")}`]),
    ...(open > 0 ? [] : [verdict])
  ].join("; ")
  return {
    subject: `[Inquiries Mailer] ${name}: ${subject}`,
    blocks: [
      open > 0 ? alarm(`On ${name}, ${verdict}.`) : text(`On ${name}, ${verdict}.`),
      ...silent.map((each) => alarm(`No row came into ${each}, which usually gets some on such a day.`)),
      ...answers.flatMap((answer) => [
        title(answer.database),
        ...(isUnasked(answer) ? missing(answer, now) : details(answer))
      ]),
      text(
        `The day is that of ${timeZone}. Rows are counted in the tables themselves; "mailed" are those of them whose mail Microsoft has accepted by now. ` +
          `Accepted and gone are of that day, whenever the row was written; waiting, uncertain and parked are of now. ` +
          `You get this once a day because RECEIPT_EMAIL names you: should it not come, look whether the worker runs.`
      )
    ]
  }
}

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((all, each) => all + each, 0)

/** Rows without a mail that nobody has decided to be without one. */
const openOf = ({ missed, parked, waiting }: { readonly [K in "missed" | "parked" | "waiting"]: number }): number =>
  missed + parked + waiting

const allMailed = (rows: number, decided: number, asked: boolean): string => {
  if (!asked) return "nothing is known of any row"
  if (rows === 0) return "no row was written"
  if (decided > 0)
    return `${rows - decided} of ${rows} rows were mailed, and somebody has decided not to mail ${decided}`
  return rows === 1 ? "the one row was mailed" : `all ${rows} rows were mailed`
}

const missing = ({ awaySince, reason }: Unasked, now: number): ReadonlyArray<Block> => [
  alarm(
    `It could not be asked: ${reason}.${awaySince === undefined ? "" : ` It has been away for ${span((now - awaySince) / 1_000)}.`} What waits there is mailed when it is back.`
  )
]

const titles = ["table", "rows", "mailed", "accepted", "waiting", "uncertain", "parked", "gone"]

const cells = ({ outcomes, table, written }: TableAccount): ReadonlyArray<string> => [
  table,
  ...(isCounted(written)
    ? [String(written.rows), outcomes === undefined ? "-" : String(written.mailed)]
    : ["not counted", "-"]),
  ...(outcomes === undefined
    ? ["-", "-", "-", "-", "-"]
    : [outcomes.accepted, outcomes.waiting, outcomes.uncertain, outcomes.parked, outcomes.gone].map(showCount))
]

const details = ({ awaySeconds, tables }: Account): ReadonlyArray<Block> => [
  { _tag: "Table", rows: [titles, ...tables.map(cells)] },
  ...tables.flatMap(({ outcomes, table, written }) => {
    if (!isCounted(written)) return [text(`${table}: rows not counted: ${written.notCounted.replace(/\.$/, "")}.`)]
    if (outcomes === undefined)
      return [text(`${table}: nothing is installed there, so that nothing is known of its mails.`)]
    return [
      ...(openOf(written) === 0 ? [] : [alarm(`${table}: ${reasons(written)}.`)]),
      ...(written.unjudged === 0
        ? []
        : [text(`${table}: ${written.unjudged} more rows of that day are not judged: ${early}.`)])
    ]
  }),
  ...(awaySeconds === undefined
    ? []
    : [text(awaySeconds === 0 ? "It was not away." : `It was away for ${span(awaySeconds)}.`)])
]

const early = "they are from before the table was watched, or older than RETENTION"

const reasons = ({ missed, parked, waiting }: { readonly [K in "missed" | "parked" | "waiting"]: number }): string =>
  [
    ...(waiting === 0 ? [] : [`${waiting} wait to be mailed`]),
    ...(parked === 0 ? [] : [`${parked} are parked, see \`inquiries-mailer parked list\``]),
    ...(missed === 0 ? [] : [`${missed} were never captured, see \`inquiries-mailer sweep\``])
  ].join("; ")

/** For example `2 h 5 min`. */
const span = (seconds: number): string => {
  const minutes = Math.floor(seconds / 60)
  if (minutes === 0) return `${Math.ceil(seconds)} s`
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
