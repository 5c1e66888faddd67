/** One citizen's phone: its parts, cloned from the page's template, each wired by its own module. */
import { showChat } from "./chat.js";
import { focusComposer, showComposer } from "./composer.js";
import { avatar, byId } from "./dom.js";
import { showMenu } from "./menu.js";
import { toaster } from "./toast.js";

const LANGUAGES = { uk: "Українська", ru: "Русский", en: "English" };

const stateOf = (citizen) => {
  if (citizen.blocked) return "has blocked the bot";
  return citizen.started ? "talks with the bot" : "has not started the bot";
};

function showOwner({ store, id, root, part, on, actions }) {
  function show() {
    const citizen = store.citizens.get(id);
    if (!citizen) return;
    root.setAttribute("aria-label", `Phone of ${citizen.name}`);
    part("owner-name").textContent = citizen.name;
    part("owner-state").textContent = `${LANGUAGES[citizen.language] ?? citizen.language} · ${stateOf(citizen)}`;
    part("owner-picture").replaceChildren(avatar(citizen));
    part("close").setAttribute("aria-label", `Put away the phone of ${citizen.name}`);
    part("bot-name").textContent = store.bot.name || store.bot.username;
  }
  part("close").onclick = () => actions.close(id);
  on("citizens", show);
  show();
}

/**
 * Make the phone of a citizen.
 * @param {import("./store.js").Store} store
 * @param {number} id of the citizen
 * @param {object} actions `send(id, text)`, `press(message, button)`, `block(id, blocked)`, `scan(id)`,
 *   `attach(id, files)`, `close(id)`
 * @returns the phone: `root` to put into the page, `focus()`, `close()`
 */
export function makePhone(store, id, actions) {
  const root = byId("phone-template").content.firstElementChild.cloneNode(true);
  const life = new AbortController();
  const phone = {
    store,
    id,
    root,
    actions,
    signal: life.signal,
    part: (name) => root.querySelector(`[data-part="${name}"]`),
    on: (types, listener) => store.on(types, listener, life.signal),
  };
  const toast = toaster(phone.part("toast"));
  showOwner(phone);
  const chat = showChat(phone);
  showComposer(phone);
  showMenu(phone);
  phone.on("toast", ({ citizen_id: whose, text }) => (whose === id ? toast(text) : undefined));
  return {
    id,
    root,
    placed: chat.placed,
    tick: (time) => {
      phone.part("clock").textContent = time;
    },
    focus: () => focusComposer(phone),
    close() {
      life.abort();
      root.remove();
    },
  };
}
