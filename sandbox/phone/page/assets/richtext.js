/**
 * Text with entities as DOM nodes. Offsets and lengths count UTF-16 code units, which is what JavaScript's
 * string indices are. The text is only ever put into text nodes, so markup inside it stays text.
 */
import { h } from "./dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

/** The address if it is one that a reader may follow, else null: `javascript:` and friends never get in. */
export function safeUrl(address) {
  const url = URL.parse ? URL.parse(address) : parseOrNull(address);
  return url && ["http:", "https:", "mailto:", "tel:"].includes(url.protocol) ? url.href : null;
}

function parseOrNull(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** A link that opens elsewhere and tells the other side nothing about this page. */
export function outsideLink(address, props, ...children) {
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer", ...props }, ...children);
}

/** What came up on a phone's screen leads to the page by an address of our own. */
const LOOK = /^\/phone\/api\/web\/citizens\/\d+\/look$/;

function link(address) {
  const url = safeUrl(LOOK.test(address) ? location.origin + address : address);
  return url ? outsideLink(url, {}) : h("span");
}

function spoiler() {
  const node = h("button", { type: "button", className: "spoiler", "aria-label": "Hidden text, show" });
  node.onclick = () => {
    node.classList.add("open");
    node.removeAttribute("aria-label");
  };
  return node;
}

function elementFor(entity, inside) {
  if (TAGS[entity.type]) return h(TAGS[entity.type]);
  if (entity.type === "text_link") return link(entity.url ?? "");
  if (entity.type === "url") return link(/^[a-z]+:/i.test(inside) ? inside : `https://${inside}`);
  if (entity.type === "email") return link(`mailto:${inside}`);
  if (entity.type === "phone_number") return link(`tel:${inside}`);
  if (entity.type === "spoiler") return spoiler();
  if (entity.type === "bot_command") return h("button", { type: "button", className: "command" });
  return h("span", { className: "mark" });
}

/** Fill `parent` with the text between `start` and `end`; entities are taken from the front of `queue`. */
function fill(parent, text, start, end, queue) {
  let at = start;
  while (queue.length > 0 && queue[0].offset < end) {
    const entity = queue.shift();
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    if (to <= from) continue;
    if (from > at) parent.append(text.slice(at, from));
    const node = elementFor(entity, text.slice(from, to));
    fill(node, text, from, to, queue);
    parent.append(node);
    at = to;
  }
  if (at < end) parent.append(text.slice(at, end));
}

/** A fragment of nodes for `text` with its `entities`; nested ones nest, an overlap is cut at the outer end. */
export function richText(text, entities = []) {
  const fragment = document.createDocumentFragment();
  const queue = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  fill(fragment, text, 0, text.length, queue);
  return fragment;
}
