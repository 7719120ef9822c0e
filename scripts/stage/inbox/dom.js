// The little that the inbox page needs of the DOM. Texts become text nodes; nothing in here takes HTML.

export const find = (id) => document.getElementById(id)

export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const names = ["html", "text", "headers", "source"]

export const showTab = (name) => {
  for (const each of names) {
    const tab = find(`tab-${each}`)
    tab.setAttribute("aria-selected", String(each === name))
    tab.tabIndex = each === name ? 0 : -1
    find(`panel-${each}`).hidden = each !== name
  }
}

/** As the pattern for tabs wants it: one stop for the Tab key, arrows between them. */
export const followTabs = (shown) => {
  const choose = (name) => {
    showTab(name)
    shown(name)
  }
  for (const [n, name] of names.entries()) {
    const tab = find(`tab-${name}`)
    tab.addEventListener("click", () => choose(name))
    tab.addEventListener("keydown", ({ key }) => {
      const to = { ArrowRight: n + 1, ArrowLeft: n - 1 + names.length, Home: 0, End: names.length - 1 }[key]
      if (to === undefined) return
      choose(names[to % names.length])
      find(`tab-${names[to % names.length]}`).focus()
    })
  }
  choose(names[0])
}
