/** The dialog that adds a citizen, and what all dialogs of the page share. */
import { byId } from "./dom.js";

/** Close buttons and a press beside the dialog close it; Esc does so by itself. */
export function wireDialogs() {
  for (const dialog of document.querySelectorAll("dialog")) {
    for (const button of dialog.querySelectorAll("[data-close]")) button.onclick = () => dialog.close();
    dialog.addEventListener("pointerdown", (event) => {
      const box = dialog.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right
        && event.clientY >= box.top && event.clientY <= box.bottom;
      if (event.target === dialog && !inside) dialog.close();
    });
  }
}

/** Wire the form; `add(name, language)` is a promise that fails with a message fit to be shown. */
export function citizenDialog(add) {
  const dialog = byId("citizen-dialog");
  const name = byId("citizen-name");
  const error = byId("citizen-error");

  byId("citizen-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await add(name.value.trim(), byId("citizen-language").value);
      dialog.close();
    } catch (problem) {
      error.textContent = problem.message;
    }
  });
  byId("new-citizen").onclick = () => {
    name.value = "";
    error.textContent = "";
    dialog.showModal();
  };
}
