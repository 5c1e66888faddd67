/**
 * What the page knows, and who wants to hear of a change. Views read the fields and listen; only the
 * functions here write. Events: `citizens`, `receipts`, `phones` (others are open), `state` (everything is
 * known anew), `app` (`{id}`, another app is open on a phone), `chat` (`{id, app}`, a chat was loaded),
 * `message` (`{message, isNew}`, of a loaded chat), `notice` (`{citizen_id, text}`, a message came in an app
 * that is not open), `toast` and `typing` (`{citizen_id, text}`; a toast of nobody's phone has no id),
 * `connection`.
 */
import { APPS, EMAIL, NAMES, SMS, TELEGRAM, VIBER, WEB, asPerson, asProfile } from "./apps.js";

const chatKey = (app, id) => `${app}:${id}`;

export class Store extends EventTarget {
  bots = { [TELEGRAM]: { name: "" }, [VIBER]: null, [WEB]: null, [EMAIL]: null, [SMS]: null };
  citizens = new Map();
  /** The accounts in the other apps by the citizen's id; who has done nothing there yet has none. */
  accounts = { [VIBER]: new Map(), [WEB]: new Map(), [EMAIL]: new Map(), [SMS]: new Map() };
  /** The citizens as the list shows them: what came last in any app, and all that is unread. */
  people = new Map();
  receipts = new Map();
  /** The citizens whose phones are on the screen, in order, and whose was touched last. */
  open = [];
  active = null;
  connection = "connecting";
  ready = false;
  #chats = new Map();
  #chosen = new Map();

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Call `listener(detail)` on any of the space-separated events, until `signal` aborts. */
  on(types, listener, signal) {
    for (const type of types.split(" ")) {
      this.addEventListener(type, (event) => listener(event.detail), { signal });
    }
  }

  /** Which apps a phone shows: Viber once there is a bot in it, e-mail once a letter came, SMS where there is one. */
  get apps() {
    return APPS.filter((app) => app === TELEGRAM || this.bots[app]?.there);
  }

  /** The app that is open on a phone: the one chosen, else the one in which there is a conversation. */
  appOf(id) {
    const begun = this.apps.filter((app) => this.profile(id, app).started);
    const chosen = this.#chosen.get(id);
    return this.apps.includes(chosen) ? chosen : begun[0] ?? TELEGRAM;
  }

  /** Open an app on a phone. */
  choose(id, app) {
    this.#chosen.set(id, app);
    this.#tell("app", { id });
    this.#tell("citizens");
  }

  /** How a citizen stands with the bot of an app: `started`, `blocked`, `unread`, `last`, `keyboard`. */
  profile(id, app = this.appOf(id)) {
    return asProfile(app, this.citizens.get(id), this.accounts[app]?.get(id));
  }

  /** The messages of the chat in the open app in order, or null when it was not loaded yet. */
  messagesOf(id) {
    const chat = this.#chats.get(chatKey(this.appOf(id), id));
    if (!chat?.loaded) return null;
    // A keyboard that came alone is no message to read.
    const said = [...chat.byId.values()].filter((message) => message.type !== null);
    return said.sort((a, b) => a.message_id - b.message_id);
  }

  /** Take a fresh picture of the whole world; chats loaded before are forgotten. */
  takeState({ bot, citizens, receipts, viber, web, email, sms }) {
    const byId = (some) => new Map((some ?? []).map((one) => [one.id, one]));
    this.citizens = byId(citizens);
    this.accounts = {
      [VIBER]: byId(viber?.accounts), [WEB]: byId(web?.accounts), [EMAIL]: byId(email?.mailboxes), [SMS]: byId(sms?.accounts),
    };
    const mail = email && { name: "E-mail", there: this.accounts[EMAIL].size > 0 };
    this.bots = {
      [TELEGRAM]: bot, [VIBER]: viber?.bot ?? null, [WEB]: web?.bot ?? null, [EMAIL]: mail, [SMS]: sms?.bot ?? null,
    };
    this.receipts = new Map(receipts.map((receipt) => [receipt.receipt_id, receipt]));
    this.people.clear();
    for (const id of this.citizens.keys()) this.#placePerson(id);
    this.#chats.clear();
    this.ready = true;
    for (const type of ["citizens", "receipts", "phones", "state"]) this.#tell(type);
  }

  #placePerson(id) {
    const citizen = this.citizens.get(id);
    if (citizen) this.people.set(id, asPerson(citizen, this.apps.map((app) => this.profile(id, app))));
  }

  /** Show these phones; `active` is the one that is acted on. */
  show(ids, active) {
    this.open = ids;
    this.active = active;
    this.#tell("citizens");
    this.#tell("phones");
  }

  /** Load a chat by `fetching(app, id)`; a message that arrives meanwhile is newer than the copy and stays. */
  async loadChat(app, id, fetching) {
    const key = chatKey(app, id);
    if (this.#chats.has(key)) return;
    const chat = { loaded: false, byId: new Map() };
    this.#chats.set(key, chat);
    try {
      for (const message of await fetching(app, id)) {
        if (!chat.byId.has(message.message_id)) chat.byId.set(message.message_id, { ...message, app });
      }
      chat.loaded = true;
    } catch (error) {
      if (this.#chats.get(key) === chat) this.#chats.delete(key);
      throw error;
    }
    if (this.#chats.get(key) === chat) this.#tell("chat", { id, app });
  }

  /** Take how a citizen stands with the bot of an app. */
  takeProfile(app, profile) {
    (this.accounts[app] ?? this.citizens).set(profile.id, profile);
    this.#placePerson(profile.id);
    this.#tell("citizens");
  }

  takeReceipt(receipt) {
    this.receipts.set(receipt.receipt_id, receipt);
    this.#tell("receipts");
  }

  takeMessage(app, given) {
    const message = { ...given, app };
    const { citizen_id: id, message_id: messageId } = message;
    const chat = this.#chats.get(chatKey(app, id));
    const isNew = !chat?.byId.has(messageId);
    chat?.byId.set(messageId, message);
    const stands = (this.accounts[app] ?? this.citizens).get(id);
    const newest = stands?.last?.message_id ?? 0;
    if (stands && newest <= messageId) this.takeProfile(app, { ...stands, last: message });
    if (chat?.loaded) this.#tell("message", { message, isNew });
    if (message.from === "bot" && newest < messageId && app !== this.appOf(id)) {
      this.#tell("notice", { citizen_id: id, text: `${NAMES[app]}: ${message.subject ?? message.text}` });
    }
  }

  #takeMailbox(mailbox) {
    this.takeProfile(EMAIL, mailbox);
    if (!this.bots[EMAIL]?.there) this.#takeBot(EMAIL, { name: "E-mail", there: true });
  }

  #takeBot(app, bot) {
    this.bots[app] = bot;
    for (const id of this.citizens.keys()) {
      this.#placePerson(id);
      this.#tell("app", { id });
    }
    this.#tell("citizens");
  }

  /** Take one event of the live stream. */
  takeEvent(kind, data) {
    if (kind === "message") this.takeMessage(TELEGRAM, data);
    else if (kind === "viber-message") this.takeMessage(VIBER, data);
    else if (kind === "citizen") this.takeProfile(TELEGRAM, data);
    else if (kind === "viber-account") this.takeProfile(VIBER, data);
    else if (kind === "viber-bot") this.#takeBot(VIBER, data);
    else if (kind === "email-message") this.takeMessage(EMAIL, data);
    else if (kind === "email-mailbox") this.#takeMailbox(data);
    else if (kind === "sms-message") this.takeMessage(SMS, data);
    else if (kind === "sms-account") this.takeProfile(SMS, data);
    else if (kind === "web-message") this.takeMessage(WEB, data);
    else if (kind === "web-account") this.takeProfile(WEB, data);
    else if (kind === "receipt") this.takeReceipt(data);
    else this.#tell(kind, data);
  }

  setConnection(state) {
    if (state === this.connection) return;
    this.connection = state;
    this.#tell("connection");
  }

  /** Show a note of the page's own, such as an error, on a citizen's phone or for the whole page (null). */
  note(id, text) {
    this.#tell("toast", { citizen_id: id, text });
  }
}
