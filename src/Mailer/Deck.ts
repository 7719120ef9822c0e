// Mails of one database that are begun already and wait for a place among the requests in flight, so that no place stands idle.
// What is begun is in doubt when the worker is killed: so there are as many as have a place soon, and a Graph that takes its
// time leaves few of them.
import { Duration } from "effect"

const least = 4
const soon = Duration.millis(300)

/** Permits, of which each of them takes some. */
export const permits = 60

/** How many permits one takes where a request takes so many milliseconds, and so many are in flight. */
export const widthOf = (millis: number, inFlight: number): number =>
  Math.min(permits / least, Math.max(1, Math.ceil((millis * permits) / (inFlight * Duration.toMillis(soon)))))

/** How many there may be. */
export const room = (width: number): number => Math.floor(permits / width)
