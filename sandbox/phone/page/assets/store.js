/**
 * What the page knows, and who wants to hear of a change. Views read the fields and listen; only the
 * functions here write. Events: `citizens`, `receipts`, `phones` (others are open), `state` (everything is
 * known anew), `chat` (`{id}`, a chat was loaded), `message` (`{message, isNew}`, of a loaded chat), `toast`
 * and `typing` (`{citizen_id, text}`; a toast of nobody's phone has no id), `connection`.
 */

export class Store extends EventTarget {
  bot = { username: "", name: "" };
  citizens = new Map();
  receipts = new Map();
  /** The citizens whose phones are on the screen, in order, and whose was touched last. */
  open = [];
  active = null;
  connection = "connecting";
  ready = false;
  #chats = new Map();

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Call `listener(detail)` on any of the space-separated events, until `signal` aborts. */
  on(types, listener, signal) {
    for (const type of types.split(" ")) {
      this.addEventListener(type, (event) => listener(event.detail), { signal });
    }
  }

  /** The messages of a citizen's chat in order, or null when it was not loaded yet. */
  messagesOf(id) {
    const chat = this.#chats.get(id);
    return chat?.loaded ? [...chat.byId.values()].sort((a, b) => a.message_id - b.message_id) : null;
  }

  /** Take a fresh picture of the whole world; chats loaded before are forgotten. */
  takeState({ bot, citizens, receipts }) {
    this.bot = bot;
    this.citizens = new Map(citizens.map((citizen) => [citizen.id, citizen]));
    this.receipts = new Map(receipts.map((receipt) => [receipt.receipt_id, receipt]));
    this.#chats.clear();
    this.ready = true;
    for (const type of ["citizens", "receipts", "phones", "state"]) this.#tell(type);
  }

  /** Show these phones; `active` is the one that is acted on. */
  show(ids, active) {
    this.open = ids;
    this.active = active;
    this.#tell("citizens");
    this.#tell("phones");
  }

  /** Load a chat by `fetching(id)`; a message that arrives meanwhile is newer than the loaded copy and stays. */
  async loadChat(id, fetching) {
    if (this.#chats.has(id)) return;
    const chat = { loaded: false, byId: new Map() };
    this.#chats.set(id, chat);
    try {
      for (const message of await fetching(id)) {
        if (!chat.byId.has(message.message_id)) chat.byId.set(message.message_id, message);
      }
      chat.loaded = true;
    } catch (error) {
      if (this.#chats.get(id) === chat) this.#chats.delete(id);
      throw error;
    }
    if (this.#chats.get(id) === chat) this.#tell("chat", { id });
  }

  takeCitizen(citizen) {
    this.citizens.set(citizen.id, citizen);
    this.#tell("citizens");
  }

  takeReceipt(receipt) {
    this.receipts.set(receipt.receipt_id, receipt);
    this.#tell("receipts");
  }

  takeMessage(message) {
    const { citizen_id: id, message_id: messageId } = message;
    const chat = this.#chats.get(id);
    const isNew = !chat?.byId.has(messageId);
    chat?.byId.set(messageId, message);
    const citizen = this.citizens.get(id);
    if (citizen && (citizen.last?.message_id ?? 0) <= messageId) {
      this.takeCitizen({ ...citizen, last: message });
    }
    if (chat?.loaded) this.#tell("message", { message, isNew });
  }

  /** Take one event of the live stream. */
  takeEvent(kind, data) {
    if (kind === "message") this.takeMessage(data);
    else if (kind === "citizen") this.takeCitizen(data);
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
