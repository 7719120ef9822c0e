// The pages that people read, and what can be taken out of them: links, anchors, blocks of code.
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"

export interface Page {
  readonly path: string
  readonly text: string
}

const page = (path: string): Page => ({ path, text: readFileSync(path, "utf8") })

export const pages: ReadonlyArray<Page> = ["README.md", "CONTRIBUTING.md"]
  .concat(readdirSync("docs").flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])))
  .map(page)

export const pageAt = (path: string): Page => pages.find((each) => each.path === path) ?? page(path)

export interface Block {
  readonly language: string
  readonly text: string
}

/** Fenced code, also where it is indented. */
export const blocksOf = ({ text }: Page): ReadonlyArray<Block> =>
  [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm)].map(([, indent = "", language = "", body = ""]) => ({
    language,
    text: body.replaceAll(new RegExp(`^${indent}`, "gm"), "")
  }))

const withoutBlocks = (text: string): string => text.replaceAll(/^( *)```[\s\S]*?^\1```$/gm, "")

/** Code within sentences, its line breaks as spaces. */
export const spansOf = ({ text }: Page): ReadonlyArray<string> =>
  [...withoutBlocks(text).matchAll(/`([^`]+)`/g)].map(([, span = ""]) => span.replaceAll(/\s+/g, " "))

/** As GitHub makes them of headings. */
const anchorsOf = ({ text }: Page): ReadonlyArray<string> =>
  [...withoutBlocks(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  )

/** Links to files of this repository: `to` is the path there, from its root. */
export const linksOf = (from: Page): ReadonlyArray<{ readonly to: string; readonly anchor: string }> =>
  [...withoutBlocks(from.text).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = "", anchor = ""] = target.split("#")
      return { to: path === "" ? from.path : normalize(join(dirname(from.path), path)), anchor }
    })

/** What is linked and is not there. */
export const brokenLinks = (from: Page): ReadonlyArray<string> =>
  linksOf(from)
    .filter(({ anchor, to }) => !existsSync(to) || (anchor !== "" && !anchorsOf(pageAt(to)).includes(anchor)))
    .map(({ anchor, to }) => `${from.path} links ${to}${anchor === "" ? "" : `#${anchor}`}`)
