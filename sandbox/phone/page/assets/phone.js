/** One citizen's phone: its parts, cloned from the page's template, each wired by its own module. */
import { EMAIL, SMS, WEB, showApps } from "./apps.js";
import { showChat } from "./chat.js";
import { focusComposer, showComposer } from "./composer.js";
import { avatar, byId } from "./dom.js";
import { showKeyboard } from "./keyboard.js";
import { showMenu } from "./menu.js";
import { toaster } from "./toast.js";

const LANGUAGES = { uk: "Українська", ru: "Русский", en: "English" };

const stateOf = (profile, app) => {
  if (app === SMS) return profile.number ?? "";
  if (app === EMAIL) return profile.blocked ? "has closed the mailbox" : profile.address;
  if (app === WEB) return profile.blocked ? "wants no pushes" : profile.started ? "is told by pushes" : "has not opened the page";
  if (profile.blocked) return "has blocked the bot";
  return profile.started ? "talks with the bot" : "has not started the bot";
};

function showOwner({ store, id, root, part, on, actions }) {
  function show() {
    const citizen = store.citizens.get(id);
    if (!citizen) return;
    root.setAttribute("aria-label", `Phone of ${citizen.name}`);
    part("owner-name").textContent = citizen.name;
    part("owner-state").textContent = `${LANGUAGES[citizen.language] ?? citizen.language} · ${stateOf(store.profile(id), store.appOf(id))}`;
    part("owner-picture").replaceChildren(avatar(citizen));
    part("close").setAttribute("aria-label", `Put away the phone of ${citizen.name}`);
    const bot = store.bots[store.appOf(id)];
    part("bot-name").textContent = bot.name || bot.username;
  }
  part("close").onclick = () => actions.close(id);
  on("citizens app", show);
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
  showApps(phone);
  const chat = showChat(phone);
  showKeyboard(phone);
  showComposer(phone);
  showMenu(phone);
  phone.on("toast notice", ({ citizen_id: whose, text }) => (whose === id ? toast(text) : undefined));
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
