// A folder for a test.
import { Effect } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Empty, and gone when the scope closes. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "inquiries-mailer-test-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)
