// Two projects: `unit` mirrors src and needs nothing; `integration` shares the PostgreSQL that its globalSetup starts.
import { defineConfig } from "vitest/config"

// Vitest prints a failed test with Map.groupBy, which Node 20 does not have.
const groupBy = <K, V>(items: Iterable<V>, keyOf: (item: V) => K): Map<K, Array<V>> => {
  const groups = new Map<K, Array<V>>()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
if (!("groupBy" in Map)) Object.assign(Map, { groupBy })

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/integration/**"] }
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          globalSetup: ["test/support/globalSetup.ts"],
          // They wait more than they work.
          maxWorkers: 4,
          testTimeout: 60_000,
          hookTimeout: 60_000
        }
      }
    ]
  }
})
