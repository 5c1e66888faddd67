/** Short notes over the chat: the bot's answers to pressed buttons, and the page's own errors. */
import { byId } from "./dom.js";

const SHOWN_MS = 4_500;

/** Show every toast of the store for a few seconds, the latest one only. */
export function showToasts(store) {
  const toast = byId("toast");
  let timer = 0;

  store.on("toast", ({ text }) => {
    if (!text) return;
    clearTimeout(timer);
    toast.textContent = text;
    toast.classList.add("shown");
    timer = setTimeout(() => {
      toast.classList.remove("shown");
      toast.textContent = "";
    }, SHOWN_MS);
  });
  store.on("selection", () => toast.classList.remove("shown"));
}
