/** The open chat: its messages with separators between days, kept at the bottom while one reads the bottom. */
import { TALKED_WITH, TELEGRAM, WEB } from "./apps.js";
import { bubble, endWaiting } from "./bubble.js";
import { h } from "./dom.js";
import { dayKey, dayName } from "./time.js";

const PAGE = 150;
const NEAR_BOTTOM_PX = 80;
const TYPING_MS = 5_000;

/** Show the chat of a phone; returns `{placed()}`, to be called once the phone is in the page. */
export function showChat({ store, id, part, on, actions }) {
  const { press } = actions;
  const log = part("log");
  const list = part("messages");
  const earlier = part("earlier");
  const jump = part("jump");
  let shown = PAGE;
  let missed = 0;
  let rendered = false;
  let typing = 0;

  const atBottom = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_BOTTOM_PX;
  const toBottom = () => {
    log.scrollTop = log.scrollHeight;
  };

  function showJump() {
    jump.hidden = atBottom();
    if (jump.hidden) missed = 0;
    part("jump-count").textContent = missed || "";
  }

  function separator(previous, message) {
    if (previous && dayKey(previous.at) === dayKey(message.at)) return null;
    return h("li", { className: "day" }, h("span", {}, dayName(message.at)));
  }

  /** The nodes of `messages`, where `previous` is the message before the first of them. */
  function nodes(messages, previous) {
    return messages.flatMap((message, index) => {
      const day = separator(index > 0 ? messages[index - 1] : previous, message);
      return day ? [day, bubble(message, press)] : [bubble(message, press)];
    });
  }

  function renderAll() {
    const messages = store.messagesOf(id);
    rendered = messages !== null;
    log.setAttribute("aria-busy", String(!rendered));
    const tail = (messages ?? []).slice(-shown);
    list.replaceChildren(...nodes(tail, null));
    earlier.hidden = !rendered || tail.length === messages.length;
    part("chat-empty").hidden = !rendered || messages.length > 0;
    part("chat-how").textContent = store.appOf(id) === WEB
      ? "Scan a receipt as a citizen would with the camera: it opens the citizens’ own page."
      : "Press Start, or scan a receipt as a citizen would with the camera.";
  }

  function add(message) {
    const messages = store.messagesOf(id);
    if (!messages.includes(message)) return undefined;
    const isLast = messages.at(-1) === message;
    if (!isLast) return renderAll();
    list.append(...nodes([message], messages.at(-2)));
    part("chat-empty").hidden = true;
    return undefined;
  }

  function replace(message) {
    const old = list.querySelector(`[data-message-id="${message.message_id}"]`);
    const key = [...(old?.querySelectorAll(".key") ?? [])].indexOf(document.activeElement);
    const fresh = bubble(message, press);
    old?.replaceWith(fresh);
    // Whoever pressed a button by the keyboard stays where they were, or in the log when the button has gone.
    if (key >= 0) (fresh.querySelectorAll(".key")[key] ?? log).focus({ preventScroll: true });
  }

  function showTyping(isTyping) {
    clearTimeout(typing);
    const quiet = store.connection === "reconnecting" ? "reconnecting…" : (TALKED_WITH.includes(store.appOf(id)) ? "bot" : "");
    part("bot-state").textContent = isTyping ? "typing…" : quiet;
    if (isTyping) typing = setTimeout(() => showTyping(false), TYPING_MS);
  }

  on("message", ({ message, isNew }) => {
    if (message.citizen_id !== id || message.app !== store.appOf(id)) return;
    const stay = atBottom() || message.from === "citizen";
    if (isNew) add(message);
    else replace(message);
    if (message.from === "bot") {
      showTyping(false);
      endWaiting(log);
    }
    if (stay) toBottom();
    else if (isNew) missed += 1;
    showJump();
  });
  on("chat", ({ id: whose, app }) => {
    if (whose !== id || app !== store.appOf(id)) return;
    const stay = !rendered || atBottom();
    renderAll();
    if (stay) toBottom();
    showJump();
  });
  on("app", ({ id: whose }) => {
    if (whose !== id) return;
    shown = PAGE;
    showTyping(false);
    renderAll();
    toBottom();
    showJump();
  });
  on("typing", ({ citizen_id: whose }) =>
    (whose === id && store.appOf(id) === TELEGRAM ? showTyping(true) : undefined));
  on("connection", () => showTyping(false));
  on("toast", ({ citizen_id: whose }) => (whose === id ? endWaiting(log) : undefined));
  part("chat-scan").onclick = () => actions.scan(id);

  earlier.onclick = () => {
    const fromBottom = log.scrollHeight - log.scrollTop;
    shown += PAGE;
    renderAll();
    log.scrollTop = log.scrollHeight - fromBottom;
  };
  jump.onclick = () => {
    toBottom();
    log.focus();
  };
  log.addEventListener("scroll", showJump, { passive: true });
  new ResizeObserver(() => (missed === 0 && jump.hidden ? toBottom() : undefined)).observe(log);
  list.addEventListener("click", (event) => {
    const command = event.target.closest(".command");
    if (command) actions.send(id, command.textContent);
  });
  return {
    placed() {
      renderAll();
      toBottom();
      showJump();
    },
  };
}
