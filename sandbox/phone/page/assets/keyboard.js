/** The keyboard that a bot of Viber puts under the chat: the last that came stays until another comes. */
import { h, icon } from "./dom.js";
import { outsideLink, safeUrl } from "./richtext.js";

/** Show the keyboard of a phone. */
export function showKeyboard({ store, id, part, on, actions }) {
  const place = part("keyboard");
  let shown = null;

  function key(keyboard, button) {
    const press = () => actions.press({ citizen_id: id, message_id: keyboard.message_id }, button).catch(() => null);
    const address = button.url ? safeUrl(button.url) : null;
    if (address) return outsideLink(address, { className: "key", onclick: press }, button.text, icon("outside"));
    return h("button", { type: "button", className: "key", onclick: press }, button.text);
  }

  function show() {
    const { keyboard, blocked } = store.profile(id);
    const wanted = keyboard && !blocked ? keyboard : null;
    if (JSON.stringify(wanted) === JSON.stringify(shown)) return;
    shown = wanted;
    place.hidden = !wanted;
    place.replaceChildren(...(wanted?.rows ?? []).map((row) =>
      h("div", { className: "key-row" }, row.map((button) => key(wanted, button)))));
  }

  on("citizens app", show);
  show();
}
