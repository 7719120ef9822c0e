// What is measured of the cluster, as this process sees it.
import { Effect, Metric } from "effect"

const gauge = (name: string, description: string) => Metric.gauge(`inquiries_mailer_cluster_${name}`, { description })

const workers = gauge("workers", "Workers that the cluster's database has heard of lately")
const databases = gauge("databases", "Databases that this worker runs")
const share = gauge("share", "Databases that it would run if all had the same number")
const storage = gauge("storage", "1 while the cluster's database answers")

export interface Measured {
  readonly workers: number
  readonly databases: number
  readonly share: number
  readonly sound: boolean
}

export const set = (measured: Measured): Effect.Effect<void> =>
  Effect.all(
    [
      Metric.update(workers, measured.workers),
      Metric.update(databases, measured.databases),
      Metric.update(share, measured.share),
      Metric.update(storage, measured.sound ? 1 : 0)
    ],
    { discard: true }
  )
