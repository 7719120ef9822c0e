// Effect notes at each pause of a fiber what Node's AsyncLocalStorage holds, a resource of async_hooks a time. Nothing here keeps
// anything in one, and of the time that a mail takes that is a twentieth: the built program goes without.
import type { Plugin } from "rolldown"

const captured = 'AsyncResource === undefined ? undefined : new AsyncResource("effect/Fiber")'

export const unpropagated: Plugin = {
  name: "fibers without AsyncLocalStorage",
  transform: {
    filter: { id: /[\\/]effect[\\/]dist[\\/]internal[\\/]effect\.js$/ },
    handler: (code) => {
      // An Effect that words it differently has to be looked at, and not to be built without.
      if (code.split(captured).length !== 2) throw new Error(`effect no longer has: ${captured}`)
      return code.replace(captured, "undefined")
    }
  }
}
