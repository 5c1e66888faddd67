/** The dialog with the receipts of the sample agency: choosing one is what a camera does with a QR code. */
import { arrowKeys, byId, drawing, h, icon } from "./dom.js";

const SHOWN = 60;
const TILE = 21;
const FINDER = "M0 0h7v7h-7zM1 1v5h5v-5zM2 2h3v3h-3z";

/** A path of squares that looks like a QR code and is the same for the same code; it carries no data. */
function tilePath(code) {
  let seed = 2_166_136_261;
  for (const letter of code) seed = Math.imul(seed ^ letter.codePointAt(0), 16_777_619) >>> 0;
  const inFinder = (x, y) => (x < 8 && y < 8) || (x > TILE - 9 && y < 8) || (x < 8 && y > TILE - 9);
  let path = "";
  for (let y = 0; y < TILE; y += 1) {
    for (let x = 0; x < TILE; x += 1) {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      if (!inFinder(x, y) && seed & 0x40000000) path += `M${x} ${y}h1v1h-1z`;
    }
  }
  const corners = [[0, 0], [TILE - 7, 0], [0, TILE - 7]];
  return path + corners.map(([x, y]) => FINDER.replace(/M(\d) (\d)/g, (_, a, b) => `M${x + +a} ${y + +b}`)).join("");
}

/** The small drawing of a receipt's code. */
function codeTile(code) {
  return h("span", { className: "tile" }, drawing(TILE, tilePath(code)));
}

const nameOf = (store, id) => store.citizens.get(id)?.name ?? `citizen ${id}`;

function scannedBy(store, receipt) {
  const ids = receipt.scanned_by ?? [];
  if (ids.length === 0) return h("span", { className: "scans" }, "Not scanned yet");
  const names = ids.slice(0, 2).map((id) => nameOf(store, id)).join(", ");
  const rest = ids.length > 2 ? ` and ${ids.length - 2} more` : "";
  return h("span", { className: "scans scanned" }, `Scanned by ${names}${rest}`);
}

/**
 * Wire the dialog; returns the function that opens it for a citizen.
 * @param {object} store
 * @param {{scan: (id: number, receipt: object) => void, photograph: (id: number, receipt: object) => void}} actions
 */
export function receiptDialog(store, actions) {
  const dialog = byId("scan-dialog");
  const search = byId("scan-search");
  const list = byId("receipts");
  let citizenId = null;

  function row(receipt) {
    const pick = (act) => () => {
      dialog.close();
      act(citizenId, receipt);
    };
    const scan = h("button", { type: "button", className: "receipt", onclick: pick(actions.scan) },
      codeTile(receipt.code),
      h("span", { className: "receipt-name" }, receipt.document),
      h("span", { className: "receipt-holder" }, receipt.holder),
      h("span", { className: "receipt-code" }, receipt.code),
      scannedBy(store, receipt));
    if (!actions.hasOffice()) return h("li", {}, scan);
    const name = `Send a photo of the receipt of ${receipt.holder}`;
    const photo = { type: "button", className: "icon-button", title: "Send a photo", "aria-label": name };
    return h("li", {}, scan, h("button", { ...photo, onclick: pick(actions.photograph) }, icon("camera")));
  }

  function render() {
    const words = search.value.toLocaleLowerCase().split(/\s+/u).filter(Boolean);
    const found = [...store.receipts.values()].filter((one) => {
      const hay = `${one.document} ${one.holder} ${one.code} ${one.code.replaceAll("-", "")}`.toLocaleLowerCase();
      return words.every((word) => hay.includes(word));
    });
    found.reverse().sort((a, b) => (a.scanned_by?.length ?? 0) - (b.scanned_by?.length ?? 0));
    list.replaceChildren(...found.slice(0, SHOWN).map(row));
    const rest = found.length - SHOWN;
    byId("scan-rest").textContent = found.length === 0
      ? (store.receipts.size === 0 ? "The agency has handed out no receipts yet." : "No such receipt")
      : (rest > 0 ? `and ${rest} more: search to narrow them down` : "");
  }

  search.addEventListener("input", render);
  search.addEventListener("keydown", (event) => {
    const first = list.querySelector("button");
    if (event.key === "ArrowDown" && first) {
      event.preventDefault();
      first.focus();
    } else if (event.key === "Enter" && search.value && first) {
      event.preventDefault();
      first.click();
    }
  });
  arrowKeys(list, (item) => item.firstElementChild);
  store.on("receipts", () => (dialog.open ? render() : undefined));

  return (id) => {
    citizenId = id;
    search.value = "";
    byId("scan-note").textContent = `${nameOf(store, id)} points the camera at a receipt.`;
    render();
    dialog.showModal();
    list.scrollTop = 0;
  };
}
