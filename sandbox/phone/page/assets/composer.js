/** The bottom of the phone: the composer, or one wide button instead (Start, Unblock); nothing where one only reads. */
import { READ_ONLY, SMS } from "./apps.js";

/** Put the focus where the citizen would act next; a touch screen's keyboard is not called up unasked. */
export function focusComposer({ part }) {
  const wide = part("wide-action");
  if (!wide.hidden) wide.focus({ preventScroll: true });
  else if (matchMedia("(pointer: coarse)").matches) part("log").focus({ preventScroll: true });
  else part("text").focus({ preventScroll: true });
}

/** Show the composer of a phone. */
export function showComposer(phone) {
  const { store, id, part, on, actions } = phone;
  const form = part("composer");
  const text = part("text");
  const wide = part("wide-action");
  const files = part("files");

  function fit() {
    text.style.height = "auto";
    text.style.height = `${Math.min(text.scrollHeight, 132)}px`;
    part("send").disabled = text.value.trim() === "";
  }

  function show() {
    if (!store.citizens.has(id)) return;
    const citizen = store.profile(id);
    const wasFocused = document.activeElement === wide;
    // To a number one may write at any time.
    wide.hidden = (citizen.started || store.appOf(id) === SMS) && !citizen.blocked;
    wide.textContent = citizen.blocked ? "Unblock the bot" : "Start";
    form.hidden = !wide.hidden;
    if (READ_ONLY.includes(store.appOf(id))) wide.hidden = form.hidden = true;
    if (wasFocused && wide.hidden) focusComposer(phone);
  }

  async function submit() {
    const message = text.value.trim();
    if (!message) return;
    const written = text.value;
    text.value = "";
    fit();
    const sent = await actions.send(id, message);
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
  part("scan").onclick = () => actions.scan(id);
  part("attach").onclick = () => files.click();
  files.onchange = async () => {
    await actions.attach(id, [...files.files]);
    files.value = "";
  };
  wide.onclick = () => (store.profile(id).blocked ? actions.block(id, false) : actions.start(id));
  on("citizens app", show);
  show();
}
