/** The dialog with a receipt as it comes out of the printer, and the phones that may be held over it. */
import * as api from "./api.js";
import { byId, h, icon } from "./dom.js";

const LANGUAGE_NAMES = { uk: "Українська", ru: "Русский", en: "English" };

/**
 * Wire the dialog; returns the function that opens it for an application.
 * @param {object} store
 * @param {{scan: (id: number, receipt: object) => void, photograph: (id: number, receipt: object) => void}} actions
 * @param {() => string[]} languages in which the page can be printed
 */
export function receiptPrint(store, actions, languages) {
  const dialog = byId("print-dialog");
  const page = byId("print-page");
  const language = byId("print-language");
  const phones = byId("print-phones");
  let shown = null;

  const load = () => {
    page.src = api.receiptPage(shown.receipt_id, language.value);
  };

  function deed(name, icons, act) {
    return h("button", { type: "button", className: "plain-button", onclick: () => {
      dialog.close();
      act();
    } }, icon(icons), name);
  }

  function holdOver() {
    // What lies on the desk says where its code leads in each app.
    const receipt = store.receipts.get(shown.receipt_id) ?? shown;
    const citizens = store.open.map((id) => store.citizens.get(id)).filter(Boolean);
    phones.replaceChildren(...citizens.flatMap((citizen) => [
      deed(`${citizen.name} scans it`, "scan", () => actions.scan(citizen.id, receipt)),
      deed(`${citizen.name} sends a photo`, "camera", () => actions.photograph(citizen.id, receipt)),
    ]));
    byId("print-nobody").hidden = citizens.length > 0;
  }

  language.onchange = load;
  byId("print-now").onclick = () => page.contentWindow.print();
  dialog.addEventListener("close", () => page.removeAttribute("src"));

  return (application) => {
    shown = application;
    byId("print-title").textContent = `Receipt of ${application.holder}`;
    page.title = `Receipt of ${application.holder}, as printed`;
    byId("print-open").href = api.receiptCode(application.receipt_id);
    const chosen = language.value;
    language.replaceChildren(...languages().map((code) =>
      h("option", { value: code }, LANGUAGE_NAMES[code] ?? code)));
    if (languages().includes(chosen)) language.value = chosen;
    load();
    holdOver();
    dialog.showModal();
  };
}
