/** The bottom of the phone: the composer, or one wide button instead (Start, Unblock). */
import { byId } from "./dom.js";

/** Put the focus where the citizen would act next; a touch screen's keyboard is not called up unasked. */
export function focusComposer() {
  const wide = byId("wide-action");
  if (!wide.hidden) wide.focus({ preventScroll: true });
  else if (matchMedia("(pointer: coarse)").matches) byId("log").focus({ preventScroll: true });
  else byId("text").focus({ preventScroll: true });
}

/** Show the composer of the selected citizen. `actions`: `send(text)` (a promise), `unblock()`, `scan()`. */
export function showComposer(store, actions) {
  const form = byId("composer");
  const text = byId("text");
  const wide = byId("wide-action");
  const drafts = new Map();
  let owner = null;

  function fit() {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 132)}px`;
    byId("send").disabled = text.value.trim() === "";
  }

  function show() {
    const { citizen } = store;
    if (!citizen) return;
    if (owner !== citizen.id) {
      if (owner !== null) drafts.set(owner, text.value);
      owner = citizen.id;
      text.value = drafts.get(owner) ?? "";
    }
    const label = citizen.blocked ? "Unblock the bot" : "Start";
    const wasFocused = document.activeElement === wide;
    wide.hidden = citizen.started && !citizen.blocked;
    wide.textContent = label;
    form.hidden = !wide.hidden;
    if (wasFocused && wide.hidden) focusComposer();
    fit();
  }

  async function submit() {
    const message = text.value.trim();
    if (!message) return;
    const written = text.value;
    text.value = "";
    fit();
    const sent = await actions.send(message);
    // The words come back when they could not be sent and nothing else was written meanwhile.
    if (!sent && text.value === "") text.value = written;
    fit();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  text.addEventListener("input", fit);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  byId("scan").onclick = () => actions.scan();
  wide.onclick = () => (store.citizen?.blocked ? actions.unblock() : actions.send("/start"));
  store.on("selection citizens", show);
}
