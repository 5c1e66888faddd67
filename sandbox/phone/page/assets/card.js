/** The card beside the phone on a wide screen: who this is and which receipts they follow. */
import { avatar, byId, h, icon } from "./dom.js";
import { codeTile } from "./receipts.js";

const LANGUAGES = { uk: "Українська", ru: "Русский", en: "English" };

const stateOf = (citizen) => {
  if (citizen.blocked) return "has blocked the bot";
  return citizen.started ? "talks with the bot" : "has not started the bot";
};

function followed(receipts) {
  if (receipts.length === 0) return h("p", { className: "quiet" }, "No receipt scanned yet.");
  return h("ul", { className: "followed", role: "list" }, receipts.map((one) =>
    h("li", {}, codeTile(one.code), h("span", { className: "receipt-name" }, one.document),
      h("span", { className: "receipt-holder" }, one.holder), h("span", { className: "receipt-code" }, one.code))));
}

/** Keep the card of the selected citizen; `scan()` opens the receipts. */
export function showCard(store, scan) {
  const card = byId("card");
  let facts = "";

  store.on("selection citizens receipts", () => {
    const { citizen } = store;
    card.hidden = !citizen;
    if (!citizen) return;
    const mine = [...store.receipts.values()].filter((one) => one.scanned_by?.includes(citizen.id));
    const now = JSON.stringify([citizen.id, citizen.name, citizen.language, stateOf(citizen), mine]);
    if (now === facts) return;
    facts = now;
    const hadFocus = card.contains(document.activeElement);
    const button = h("button", { type: "button", className: "main-button", onclick: () => scan() },
      icon("scan"), "Scan a receipt");
    card.replaceChildren(
      avatar(citizen),
      h("h2", {}, citizen.name),
      h("p", { className: "quiet" }, `${LANGUAGES[citizen.language] ?? citizen.language} · ${stateOf(citizen)}`),
      button,
      h("h3", {}, mine.length > 0 ? `Receipts (${mine.length})` : "Receipts"),
      followed(mine));
    if (hadFocus) button.focus();
  });
}
