// The little that the page needs of the DOM. Texts become text nodes; nothing in here takes HTML.

/**
 * The element with this id, which page.html has.
 * @param {string} id
 */
export const find = (id) => {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`page.html has no #${id}`)
  return found
}

/**
 * The part of a card, or of the page, with this name.
 * @param {ParentNode} within
 * @param {string} name
 */
export const part = (within, name) => {
  const found = within.querySelector(`[data-part="${name}"]`)
  if (!(found instanceof HTMLElement)) throw new Error(`page.html has no part ${name}`)
  return found
}

/**
 * A copy of the only element in this template.
 * @param {string} id
 */
export const copy = (id) => {
  const template = find(id)
  const first = template instanceof HTMLTemplateElement ? template.content.firstElementChild : null
  const made = first === null ? null : document.importNode(first, true)
  if (!(made instanceof HTMLElement)) throw new Error(`#${id} holds no element`)
  return made
}

/**
 * Touches the page only if there is something to change: what a reader has selected or heard stays.
 * @param {HTMLElement} element
 * @param {string} text
 */
export const say = (element, text) => {
  if (element.textContent !== text) element.textContent = text
}

/**
 * The same for what is not there at all when it is empty.
 * @param {HTMLElement} element
 * @param {string} text
 */
export const sayOrHide = (element, text) => {
  say(element, text)
  element.hidden = text === ""
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} properties
 * @param {ReadonlyArray<Node | string>} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}
