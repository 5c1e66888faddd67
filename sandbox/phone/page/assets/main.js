/** Puts the page together: the address bar chooses the citizen, the stream feeds the store, views follow it. */
import * as api from "./api.js";
import { showCard } from "./card.js";
import { showChat } from "./chat.js";
import { citizenDialog, wireDialogs } from "./citizenform.js";
import { focusComposer, showComposer } from "./composer.js";
import { byId, h } from "./dom.js";
import { showMenu } from "./menu.js";
import { focusPeople, showPeople } from "./people.js";
import { receiptDialog } from "./receipts.js";
import { Store } from "./store.js";
import { connect } from "./stream.js";
import { timeOf } from "./time.js";
import { showToasts } from "./toast.js";

const READ_AGAIN_MS = 300;
const store = new Store();
let focusAfterSelection = false;

/** Run a request; an error becomes a note on the screen. Resolves to whether it went well. */
async function attempt(request) {
  try {
    await request();
    return true;
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    store.note(error.message);
    return false;
  }
}

const send = (text) => attempt(async () => store.takeMessage(await api.sendText(store.selected, text)));
const block = (blocked) => attempt(async () => store.takeCitizen(await api.setBlocked(store.selected, blocked)));
const scan = (receipt) => attempt(async () => store.takeMessage(await api.openLink(store.selected, receipt.link)));

async function press(message, button) {
  if (!(await attempt(() => api.pressButton(message.citizen_id, message.message_id, button.data)))) {
    throw new Error("not pressed");
  }
}

function selectFromAddress() {
  const match = /^#\/citizen\/(\d+)$/.exec(location.hash);
  store.select(match ? Number(match[1]) : null);
}

let reading = null;
async function readIfSeen() {
  const { citizen } = store;
  if (!citizen?.unread || document.hidden || reading === citizen.id) return;
  reading = citizen.id;
  const isDone = await attempt(async () => store.takeCitizen(await api.markRead(citizen.id)));
  reading = null;
  // What came during the request is read by the next one.
  if (isDone) setTimeout(readIfSeen, READ_AGAIN_MS);
}

function loadSelected() {
  const { citizen } = store;
  if (citizen) attempt(() => store.loadChat(citizen.id, api.fetchMessages));
}

function showSelection() {
  const isOpen = Boolean(store.citizen);
  byId("app").classList.toggle("has-chat", isOpen);
  byId("phone").hidden = !isOpen;
  byId("welcome").hidden = isOpen || !store.ready;
  byId("bot-name").textContent = store.bot.name || store.bot.username;
  byId("phone").setAttribute("aria-label", isOpen ? `Phone of ${store.citizen.name}` : "Phone");
}

function focusSelection() {
  if (store.citizen && focusAfterSelection) focusComposer();
  focusAfterSelection = false;
}

function showConnection() {
  byId("status").dataset.state = store.connection;
  byId("status").lastElementChild.textContent = store.connection;
}

function connectForGood() {
  // Events that arrive while the state is being fetched may be newer than it: they wait and are applied after.
  let waiting = null;
  connect("/phone/api/stream", {
    async opened() {
      const missed = [];
      waiting = missed;
      const state = await api.fetchState().catch(() => null);
      if (!state || waiting !== missed) return false;
      store.takeState(state);
      waiting = null;
      for (const [kind, data] of missed) store.takeEvent(kind, data);
      store.setConnection("live");
      return true;
    },
    lost() {
      waiting = [];
      store.setConnection("reconnecting");
    },
    event(kind, data) {
      if (waiting) waiting.push([kind, data]);
      else store.takeEvent(kind, data);
    },
  });
}

wireDialogs();
const openReceipts = receiptDialog(store, scan);
showPeople(store, () => {
  focusAfterSelection = true;
  // Opening the chat that is open already changes no address and so selects nothing anew.
  if (store.citizen && location.hash.endsWith(`/${store.selected}`)) setTimeout(focusComposer);
});
store.on("selection", showSelection);
showComposer(store, { send, unblock: () => block(false), scan: openReceipts });
showChat(store, { press, send });
showMenu(store, { scan: openReceipts, toggleBlock: () => block(!store.citizen.blocked) });
showCard(store, openReceipts);
showToasts(store);
citizenDialog(async (name, language) => {
  const citizen = await api.addCitizen(name, language);
  store.takeCitizen(citizen);
  focusAfterSelection = true;
  location.hash = `#/citizen/${citizen.id}`;
});
byId("chat-empty").append(
  h("h3", {}, "No messages here yet"),
  h("p", {}, "Press Start, or scan a receipt as a citizen would with the camera."),
  h("button", { type: "button", className: "plain-button", onclick: openReceipts }, "Scan a receipt"));

store.on("selection", loadSelected);
store.on("selection", focusSelection);
store.on("selection citizens", readIfSeen);
store.on("connection", showConnection);
document.addEventListener("visibilitychange", readIfSeen);
window.addEventListener("hashchange", selectFromAddress);
byId("phone").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (matchMedia("(max-width: 760px)").matches) location.hash = "#/";
  focusPeople();
});
const tick = () => {
  byId("clock").textContent = timeOf(new Date().toISOString());
};
tick();
setInterval(tick, 10_000);
selectFromAddress();
connectForGood();
