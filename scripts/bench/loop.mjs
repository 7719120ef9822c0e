// Loaded into a measured worker before the program: keeps the delays of its event loop, and answers with them when the parent
// asks. What is asked for is forgotten.
import { monitorEventLoopDelay } from "node:perf_hooks"

const resolution = 5
const delays = monitorEventLoopDelay({ resolution })
delays.enable()
const millis = (nanos) => Math.max(0, nanos / 1e6 - resolution)
process.on("message", () => {
  process.send?.({ p99: millis(delays.percentile(99)), max: millis(delays.max) })
  delays.reset()
})
// A worker lives as long as its work, not as long as somebody might ask.
process.channel?.unref()
