/** One message as nodes: the bubble with its text, time and edited mark, and the inline keyboard under it. */
import { VIBER } from "./apps.js";
import { attached } from "./attachment.js";
import { h, icon } from "./dom.js";
import { outsideLink, richText, safeUrl } from "./richtext.js";
import { timeOf } from "./time.js";

// A press with no answer from the bot stops waiting after this long.
const ANSWER_WAIT_MS = 8_000;

function pressButton(button, message, press) {
  const node = h("button", { type: "button", className: "key" }, button.text);
  node.onclick = () => {
    if (node.classList.contains("waiting")) return;
    node.classList.add("waiting");
    const done = () => node.classList.remove("waiting");
    setTimeout(done, ANSWER_WAIT_MS);
    press(message, button).catch(done);
  };
  return node;
}

function key(button, message, press) {
  if (button.url === undefined || button.url === null) return pressButton(button, message, press);
  const address = safeUrl(button.url);
  if (!address) return h("span", { className: "key" }, button.text);
  return outsideLink(address, { className: "key" }, button.text, icon("outside"));
}

function keyboard(message, press) {
  // A keyboard of Viber is shown under the chat, not under its message.
  if (!message.buttons?.length || (message.app === VIBER && message.type !== "rich_media")) return null;
  const rows = message.buttons.map((row) =>
    h("div", { className: "key-row" }, row.map((button) => key(button, message, press))));
  return h("div", { className: "keys", role: "group", "aria-label": "Answers" }, rows);
}

/**
 * The list item of a message.
 * @param {object} message as the phone's interface gives it
 * @param {(message: object, button: object) => Promise<void>} press a button with data was pressed
 */
export function bubble(message, press) {
  const isBot = message.from === "bot";
  const meta = h("span", { className: "meta" }, message.edited ? h("i", {}, "edited ") : null,
    h("time", { dateTime: message.at }, timeOf(message.at)));
  const text = h("div", { className: "text" }, richText(message.text, message.entities), meta);
  const item = h("li", { className: `message from-${isBot ? "bot" : "citizen"}` },
    h("div", { className: "bubble" }, h("span", { className: "hidden-text" }, isBot ? "Bot: " : "You: "),
      attached(message.attachment), text),
    keyboard(message, press));
  item.dataset.messageId = message.message_id;
  return item;
}

/** The bot has answered: no button of this log waits any more. */
export function endWaiting(log) {
  for (const node of log.querySelectorAll(".key.waiting")) node.classList.remove("waiting");
}
