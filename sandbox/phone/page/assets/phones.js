/**
 * The phones that are on the screen. The address holds them, `#/citizen/ID,ID`; as many are shown as fit, the
 * ones touched last. Opening one more than fit puts it in place of the one that was longest untouched.
 */
import { insideLink } from "./apps.js";
import { byId, reorder } from "./dom.js";
import { makePhone } from "./phone.js";
import { timeOf } from "./time.js";

export const OFFICE = "#/office";
const NARROWEST_PX = 340;
const GAP_PX = 20;
const ADDRESS = /^#\/citizen\/(\d+(?:,\d+)*)$/;

const addressOf = (ids) => (ids.length > 0 ? `#/citizen/${ids.join(",")}` : "#/");

/** Show the store's open phones; returns `{open(id), visible()}` for the rest of the page. */
export function showPhones(store, actions) {
  const place = byId("phones");
  const phones = new Map();
  let recent = [];
  let focusNext = null;

  // A hidden pane has no width; the phone that opens it is the only one there.
  const fitting = () => Math.max(1, Math.floor((place.clientWidth + GAP_PX) / (NARROWEST_PX + GAP_PX)));

  function touched(id) {
    recent = [id, ...recent.filter((one) => one !== id && store.open.includes(one))];
    if (store.active !== id && store.open.includes(id)) store.show(store.open, id);
  }

  function made(id) {
    const phone = makePhone(store, id, { ...actions, close });
    phone.root.addEventListener("focusin", () => touched(id));
    phone.root.addEventListener("pointerdown", () => touched(id));
    phone.root.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      const inside = link && insideLink(link.href, store.bots);
      if (!inside) return;
      event.preventDefault();
      actions.openIn(id, inside);
    });
    return phone;
  }

  function arrange() {
    const shown = new Set([...recent, ...store.open].filter((id) => phones.has(id)).slice(0, fitting()));
    for (const [id, phone] of phones) phone.root.hidden = !shown.has(id);
  }

  function render() {
    const ids = store.open.filter((id) => store.citizens.has(id));
    for (const [id, phone] of phones) {
      if (ids.includes(id)) continue;
      phone.close();
      phones.delete(id);
    }
    const fresh = ids.filter((id) => !phones.has(id));
    for (const id of fresh) phones.set(id, made(id));
    reorder(place, ids.map((id) => phones.get(id).root));
    byId("app").classList.toggle("has-chat", ids.length > 0);
    byId("welcome").hidden = ids.length > 0 || !store.ready;
    arrange();
    for (const id of fresh) phones.get(id).placed();
    tick();
    if (focusNext !== null && phones.has(focusNext)) {
      phones.get(focusNext).focus();
      focusNext = null;
    }
  }

  function fromAddress() {
    // The office may lie over the phones; they stay as they are.
    if (location.hash === OFFICE) return;
    const match = ADDRESS.exec(location.hash);
    const ids = match ? [...new Set(match[1].split(",").map(Number))] : [];
    const added = ids.filter((id) => !store.open.includes(id));
    const active = added.at(-1) ?? (ids.includes(store.active) ? store.active : ids.at(-1) ?? null);
    recent = [...added.toReversed(), ...recent.filter((id) => ids.includes(id))];
    store.show(ids, active);
  }

  /** Put a citizen's phone on the screen and the focus into it. */
  function open(id) {
    focusNext = id;
    if (store.open.includes(id)) {
      touched(id);
      // On a narrow screen another pane may lie over the phones.
      location.hash = addressOf(store.open);
      setTimeout(render);
      return;
    }
    const ids = [...store.open];
    if (ids.length < fitting()) {
      ids.push(id);
    } else {
      const longest = [...recent].reverse().find((one) => ids.includes(one)) ?? ids[0];
      ids[ids.indexOf(longest)] = id;
    }
    location.hash = addressOf(ids);
  }

  function close(id) {
    const ids = store.open.filter((one) => one !== id);
    location.hash = addressOf(ids);
    (phones.get(ids.at(-1)) ?? { focus: actions.focusPeople }).focus();
  }

  function tick() {
    for (const phone of phones.values()) phone.tick(timeOf(new Date().toISOString()));
  }

  store.on("phones", render);
  new ResizeObserver(() => {
    arrange();
    actions.arranged();
  }).observe(place);
  window.addEventListener("hashchange", fromAddress);
  setInterval(tick, 10_000);
  fromAddress();
  return {
    open,
    /** Whose phones can be seen now. */
    visible: () => store.open.filter((id) => phones.get(id)?.root.offsetParent),
  };
}
