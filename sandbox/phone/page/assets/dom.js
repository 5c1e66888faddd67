/** Small helpers that build DOM nodes. Text only ever becomes text nodes; nothing here parses markup. */

const SVG = "http://www.w3.org/2000/svg";

/** The element with this id; the page's own markup guarantees that it exists. */
export const byId = (id) => document.getElementById(id);

/**
 * Build an element. `props` are set as properties (`className`, `onclick`, `textContent`, ...), names with
 * a dash and `role` as attributes; null children are left out, strings become text nodes.
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name === "role" || name.includes("-")) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** An icon of the page's sprite, hidden from screen readers: its button carries the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** An SVG of one path in a square of `size` units. */
export function drawing(size, path) {
  const svg = document.createElementNS(SVG, "svg");
  const line = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("aria-hidden", "true");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** Up to two initials of a name, by code point so that no letter is cut in half. */
export function initials(name) {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0].toLocaleUpperCase()).join("") || "?";
}

/** The round picture of a citizen: initials on one of eight colours, always the same for the same id. */
export const avatar = (citizen) =>
  h("span", { className: `avatar tone-${citizen.id % 8}`, "aria-hidden": "true" }, initials(citizen.name));

/**
 * Make `order` the children of `parent`, moving as few nodes as possible, and give the focus back when the
 * focused node had to move.
 */
export function reorder(parent, order) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const wanted = new Set(order);
  for (const node of [...parent.children]) if (!wanted.has(node)) node.remove();
  let place = parent.firstElementChild;
  for (const node of order) {
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  if (focused && parent.contains(focused) && document.activeElement !== focused) {
    focused.focus({ preventScroll: true });
  }
}

/** Up, Down, Home and End among the focusable children of a list; `pick` finds the focusable one in a row. */
export function arrowKeys(list, pick) {
  list.addEventListener("keydown", (event) => {
    const rows = [...list.children];
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const goal = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (goal === undefined || !rows[goal]) return;
    event.preventDefault();
    pick(rows[goal]).focus();
  });
}
