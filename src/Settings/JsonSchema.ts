// The JSON schema of MAILER_DATABASES and MAILER_CONFIG, as text: made from the Schema that decodes them, with the
// descriptions and examples of Fields.ts.
import { Predicate, Record, Schema } from "effect"
import { Databases } from "./Document.ts"
import { field, fieldAt } from "./Fields.ts"
import type { Path } from "./Source.ts"

type Node = Readonly<Record<string, unknown>>

const isNode = (value: unknown): value is Node => Predicate.isObject(value)

const described = (node: Node, path: Path): Node => {
  const { properties, items } = node
  const name = fieldAt(path)
  const known = name === undefined || name !== path.join(".") ? undefined : field(name)
  return {
    ...(known === undefined ? {} : { description: known.description, examples: [known.json ?? known.example] }),
    ...node,
    ...(isNode(items) ? { items: inside(items, path) } : {}),
    ...(isNode(properties) ? inside(node, path) : {})
  }
}

const inside = (node: Node, path: Path): Node =>
  isNode(node["properties"])
    ? {
        ...node,
        properties: Record.map(node["properties"], (property, key) =>
          isNode(property) ? described(property, [...path, key]) : property
        )
      }
    : node

export const jsonSchemaText = (): string => {
  const { schema } = Schema.toJsonSchemaDocument(Databases, { onExcessProperty: "error" })
  const document = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Databases of Inquiries Mailer",
    description: "In every text, ${NAME} takes the value of an environment variable.",
    ...described(schema, [])
  }
  return `${JSON.stringify(document, null, 2)}\n`
}
