/** Puts the page together: the address says whose phones are open, the stream feeds the store, views follow. */
import * as api from "./api.js";
import { NO_CAMERA, TELEGRAM, VIBER, WEB } from "./apps.js";
import { citizenDialog, wireDialogs } from "./citizenform.js";
import { byId } from "./dom.js";
import { showOffice } from "./office.js";
import { focusPeople, showPeople } from "./people.js";
import { OFFICE, showPhones } from "./phones.js";
import { receiptPrint } from "./print.js";
import { receiptDialog } from "./receipts.js";
import { Store } from "./store.js";
import { connect } from "./stream.js";
import { toaster } from "./toast.js";

const READ_AGAIN_MS = 300;
const store = new Store();
const say = toaster(byId("note"));

/** Run a request; an error becomes a note on the citizen's phone. Resolves to whether it went well. */
async function attempt(id, request) {
  try {
    await request();
    return true;
  } catch (error) {
    if (!(error instanceof api.ApiError)) throw error;
    store.note(id, error.message);
    return false;
  }
}

const taken = (id, sending) => attempt(id, async () => {
  const app = store.appOf(id);
  const message = await sending(app);
  // A press that the bot alone hears is no message of the chat.
  if (message.delivered !== false) store.takeMessage(app, message);
});
const send = (id, text) => taken(id, (app) => api.sendText(app, id, text));
const open = (id, link) => attempt(id, async () => {
  const app = store.appOf(id);
  const opened = await api.openLink(app, id, link);
  // In Telegram it sends a message, in Viber it only begins a conversation.
  if (app === VIBER) store.takeProfile(app, opened);
  else store.takeMessage(app, opened);
});
const openIn = (id, { app, link }) => {
  store.choose(id, app);
  return open(id, link);
};
const start = (id) => (store.appOf(id) === VIBER ? open(id, store.bots[VIBER].link) : send(id, "/start"));
/** A paper is scanned where there is a bot to talk with. */
const toTalk = (id) => (NO_CAMERA.includes(store.appOf(id)) ? store.choose(id, TELEGRAM) : undefined);
const scan = (id, receipt) => {
  toTalk(id);
  return open(id, receipt.links?.[store.appOf(id)] ?? receipt.link);
};
const photograph = (id, receipt) => (store.appOf(id) === WEB ? scan(id, receipt) : attempt(id, async () => {
  toTalk(id);
  const picture = await api.photographReceipt(receipt.receipt_id);
  await taken(id, (app) => api.sendFile(app, id, picture, "receipt.png"));
}));
const block = (id, blocked) => attempt(id, async () => {
  const app = store.appOf(id);
  store.takeProfile(app, await api.setBlocked(app, id, blocked));
});

async function attach(id, files) {
  for (const file of files) await taken(id, (app) => api.sendFile(app, id, file, file.name));
}

async function press({ citizen_id: id, message_id: messageId }, button) {
  const app = store.appOf(id);
  const pressing = async () => {
    const pressed = await api.pressButton(app, id, messageId, button.data);
    if (app === VIBER && pressed.delivered) store.takeMessage(app, pressed);
  };
  if (!(await attempt(id, pressing))) throw new Error("not pressed");
}

const reading = new Set();
function readIfSeen() {
  if (document.hidden) return;
  for (const id of phones.visible()) {
    const app = store.appOf(id);
    if (!store.profile(id, app).unread || reading.has(id)) continue;
    reading.add(id);
    attempt(id, async () => store.takeProfile(app, await api.markRead(app, id))).then((isDone) => {
      reading.delete(id);
      // What came during the request is read by the next one.
      if (isDone) setTimeout(readIfSeen, READ_AGAIN_MS);
    });
  }
}

function loadOpen() {
  for (const id of store.open) {
    if (store.citizens.has(id)) attempt(id, () => store.loadChat(store.appOf(id), id, api.fetchMessages));
  }
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
      const [state] = await Promise.all([api.fetchState().catch(() => null), office.refresh()]);
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

function showPane() {
  const atOffice = location.hash === OFFICE;
  const came = atOffice && !byId("app").classList.contains("at-office");
  byId("app").classList.toggle("at-office", atOffice);
  if (came) byId("register-holder").focus();
}

wireDialogs();
const hasOffice = () => byId("app").classList.contains("has-office");
const scanWith = receiptDialog(store, { scan, photograph, hasOffice });
const phones = showPhones(
  store, { send, start, press, block, attach, openIn, scan: scanWith, focusPeople, arranged: readIfSeen });
/** What is done with a paper from the desk shows on the phone, even where that pane was hidden. */
const onPhone = (deed) => (id, receipt) => {
  phones.open(id);
  return deed(id, receipt);
};
const print = receiptPrint(
  store, { scan: onPhone(scan), photograph: onPhone(photograph) }, () => office.languages());
const office = showOffice(print, say);
showPeople(store, phones.open);
citizenDialog(async (name, language) => {
  const citizen = await api.addCitizen(name, language);
  store.takeProfile(TELEGRAM, citizen);
  phones.open(citizen.id);
});

store.on("state phones app", loadOpen);
store.on("phones citizens app", readIfSeen);
store.on("connection", showConnection);
store.on("toast", ({ citizen_id: id, text }) => (id === null ? say(text) : undefined));
document.addEventListener("visibilitychange", readIfSeen);
window.addEventListener("hashchange", showPane);
byId("phones").addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (matchMedia("(max-width: 760px)").matches) location.hash = "#/";
  focusPeople();
});
showPane();
connectForGood();
