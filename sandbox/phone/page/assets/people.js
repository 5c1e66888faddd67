/** The left pane: everybody's phone as a row, the latest first, with search and arrow keys. */
import { inOneWord } from "./attachment.js";
import { arrowKeys, avatar, byId, h, icon, reorder } from "./dom.js";
import { shortTime } from "./time.js";

const oneLine = (text) => text.replace(/\s+/gu, " ").slice(0, 120);

function preview(citizen) {
  const { last } = citizen;
  if (!last) return h("span", { className: "preview quiet" }, citizen.started ? "No messages yet" : "Not started yet");
  const who = last.from === "citizen" ? h("span", { className: "who" }, "You: ") : null;
  return h("span", { className: "preview" }, who, oneLine(last.text || inOneWord(last.attachment)));
}

function unreadBadge(count) {
  if (!count) return null;
  return h("span", { className: "badge" }, count > 99 ? "99+" : String(count),
    h("span", { className: "hidden-text" }, " unread"));
}

function rowContent(citizen) {
  const time = citizen.last && h("time", { dateTime: citizen.last.at }, shortTime(citizen.last.at));
  return [
    avatar(citizen),
    h("span", { className: "name" }, citizen.name),
    h("span", { className: "when" }, citizen.blocked ? blockedMark() : null, time || null),
    preview(citizen),
    unreadBadge(citizen.unread),
  ].filter(Boolean);
}

function blockedMark() {
  return h("span", { className: "blocked-mark", title: "Blocked the bot" }, icon("block"),
    h("span", { className: "hidden-text" }, "has blocked the bot"));
}

function byLatest(a, b) {
  const order = (b.last ? Date.parse(b.last.at) : 0) - (a.last ? Date.parse(a.last.at) : 0);
  return order || a.name.localeCompare(b.name);
}

const matches = (citizen, words) => {
  const hay = `${citizen.name} ${citizen.last?.text ?? ""}`.toLocaleLowerCase();
  return words.every((word) => hay.includes(word));
};

/** Show the store's citizens in the left pane; `open(id)` puts a citizen's phone on the screen. */
export function showPeople(store, open) {
  const list = byId("people");
  const search = byId("search");
  const rows = new Map();
  let scheduled = false;

  function rowOf(citizen) {
    let row = rows.get(citizen.id);
    if (!row) {
      const link = h("a", { href: `#/citizen/${citizen.id}`, className: "person" });
      link.onclick = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        open(citizen.id);
      };
      row = { item: h("li", {}, link), link, shown: null };
      rows.set(citizen.id, row);
    }
    if (row.shown !== citizen) {
      row.link.replaceChildren(...rowContent(citizen));
      row.shown = citizen;
    }
    return row;
  }

  function render() {
    scheduled = false;
    const words = search.value.toLocaleLowerCase().split(/\s+/u).filter(Boolean);
    const citizens = [...store.people.values()].filter((one) => matches(one, words)).sort(byLatest);
    const shown = citizens.map(rowOf);
    reorder(list, shown.map((row) => row.item));
    const current = shown.find((row) => row.shown.id === store.active);
    for (const row of shown) {
      row.link.tabIndex = row === (current ?? shown[0]) ? 0 : -1;
      if (store.open.includes(row.shown.id)) row.link.setAttribute("aria-current", "true");
      else row.link.removeAttribute("aria-current");
    }
    for (const id of rows.keys()) if (!store.people.has(id)) rows.delete(id);
    const empty = byId("people-empty");
    empty.hidden = shown.length > 0 || !store.ready;
    empty.textContent = words.length > 0 ? "Nobody found" : "No citizens yet. Add the first one.";
    const unread = [...store.people.values()].reduce((sum, one) => sum + one.unread, 0);
    document.title = unread > 0 ? `(${unread}) Docwatch phone` : "Docwatch phone";
  }

  function schedule() {
    if (scheduled) return;
    scheduled = true;
    // A burst of messages costs one rendering; a timer, as a hidden tab gets no animation frames.
    setTimeout(render, 30);
  }

  arrowKeys(list, (item) => item.firstElementChild);
  search.addEventListener("input", render);
  search.addEventListener("keydown", (event) => {
    const first = list.querySelector("a");
    if (event.key === "ArrowDown" && first) {
      event.preventDefault();
      first.focus();
    } else if (event.key === "Enter" && first) {
      first.click();
    } else if (event.key === "Escape" && search.value) {
      search.value = "";
      render();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });
  store.on("citizens", schedule);
}

/** Put the focus on the row of the selected citizen, or on the first row. */
export const focusPeople = () => byId("people").querySelector('a[tabindex="0"]')?.focus();
