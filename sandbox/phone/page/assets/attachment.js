/** What a message carries besides text: a picture, a file to open, a sticker, a voice, a contact, a place. */
import { h, icon } from "./dom.js";
import { outsideLink, safeUrl } from "./richtext.js";

const fileAddress = (attachment) =>
  attachment.address ?? `/phone/api/files/${encodeURIComponent(attachment.file_id)}`;

function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function photo(attachment) {
  const picture = h("img", {
    src: fileAddress(attachment), width: attachment.width, height: attachment.height, alt: "Photo", loading: "lazy",
  });
  return h("a", { className: "photo", href: fileAddress(attachment), target: "_blank", rel: "noopener" }, picture);
}

function file(attachment) {
  const name = attachment.file_name || "file";
  return h("a", { className: "file", href: fileAddress(attachment), target: "_blank", rel: "noopener" },
    h("span", { className: "file-icon" }, icon("document")),
    h("span", { className: "file-name" }, h("span", { className: "hidden-text" }, "File "), name),
    h("span", { className: "file-size" }, `${sizeOf(attachment.file_size)}, open`));
}

function link(attachment) {
  const address = safeUrl(attachment.url);
  return address ? outsideLink(address, {}, attachment.url) : h("span", {}, attachment.url);
}

const MAKERS = {
  photo,
  link,
  document: file,
  sticker: (one) => h("span", { className: "sticker", role: "img", "aria-label": `Sticker ${one.emoji}` }, one.emoji),
  voice: (one) => h("span", { className: "thing" }, `Voice message, ${one.duration} s`),
  contact: (one) => h("span", { className: "thing" }, `Contact: ${one.first_name}, ${one.phone_number}`),
  location: (one) => h("span", { className: "thing" }, `Place: ${one.latitude}, ${one.longitude}`),
};

/** The attachment of a message as a node, or null where it has none. */
export function attached(attachment) {
  if (!attachment) return null;
  const node = MAKERS[attachment.kind](attachment);
  if (!attachment.forwarded_from) return node;
  return h("span", { className: "forwarded" }, h("i", {}, `Forwarded from ${attachment.forwarded_from}`), node);
}

/** One line for the list of citizens, for a message without words. */
export const inOneWord = (attachment) =>
  ({ photo: "Photo", link: attachment?.url, document: attachment?.file_name, sticker: attachment?.emoji, voice: "Voice message",
    contact: "Contact", location: "Place" })[attachment?.kind] ?? "";
