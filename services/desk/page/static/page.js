// Pages follow what happens, drafts are kept as they are written, keys work. Without this file all the same works by forms.
"use strict";
(() => {
  const main = document.getElementById("main"), set = main.dataset, live = document.getElementById("live");
  const LISTS_MS = 2000, WALL_MS = 2000, WALL_IDLE_MS = 30000, DRAFT_MS = 700, SIGN_MS = 45000, CLOSED_MS = 15000;
  const byScript = { headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error" };
  document.documentElement.classList.add("scripted");

  const post = (path, fields, more) => fetch(path, { ...byScript, ...more, method: "POST", body: new URLSearchParams({ csrf: set.csrf, ...fields }) });
  const told = (words) => { if (live) { live.textContent = words; live.hidden = false; } };

  // A part of the page is fetched at most every so often, and once more where something changed meanwhile.
  const follow = (holder, path, pause, then) => {
    let busy = false, again = false;
    const look = async () => {
      if (busy) { again = true; return; }
      busy = true;
      try {
        const answer = await fetch(path, byScript);
        if (answer.ok) put(holder, await answer.text(), then);
        else if (answer.status === 401 || answer.status === 403) location.reload();
      } catch { /* the next event looks again */ }
      setTimeout(() => { busy = false; if (again) { again = false; look(); } }, pause);
    };
    return look;
  };

  const put = (holder, html, then) => {
    const focus = holder.contains(document.activeElement) ? document.activeElement.dataset.row : null;
    const log = holder.getAttribute("role") === "log", down = log && holder.scrollHeight - holder.scrollTop - holder.clientHeight < 80;
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    const known = new Set([...holder.querySelectorAll(".said")].map((one) => one.id));
    for (const one of fresh.content.querySelectorAll(".said")) if (!known.has(one.id)) one.classList.add("fresh");
    // A picture that is shown is not looked at again: each look is audited.
    for (const one of fresh.content.querySelectorAll(".sent img")) {
      const shown = holder.querySelector(`.sent[data-file="${CSS.escape(one.closest(".sent").dataset.file)}"] img`);
      if (shown) one.replaceWith(shown);
    }
    holder.replaceChildren(fresh.content);
    if (set.id) for (const one of holder.querySelectorAll("[data-row]")) if (one.dataset.row.replaceAll("-", "") === set.id) one.setAttribute("aria-current", "page");
    if (focus) holder.querySelector(`[data-row="${CSS.escape(focus)}"]`)?.focus();
    if (down) holder.scrollTop = holder.scrollHeight;
    then?.();
  };

  const lists = document.getElementById("lists"), talk = document.getElementById("talk"), wall = document.getElementById("wall");
  const after = new URLSearchParams(location.search).get("after");
  const looks = [];
  if (lists) looks.push({ look: follow(lists, set.lists + (after ? "?after=" + encodeURIComponent(after) : ""), LISTS_MS), any: true });
  if (talk) looks.push({ look: follow(talk, set.talk, 300, changed), any: false });
  if (wall) {
    const look = follow(wall, set.wall, WALL_MS);
    looks.push({ look, any: true });
    setInterval(() => { if (document.visibilityState === "visible") look(); }, WALL_IDLE_MS);
  }

  // What the citizen wrote since the page was loaded: what is sent next answers it only once it was seen here.
  const start = document.getElementById("facts-now")?.dataset;
  let before = start ? { said: start.said, mine: start.mine, standing: start.standing } : null;
  function changed() {
    const now = document.getElementById("facts-now").dataset;
    if (now.said !== before.said) {
      for (const seen of main.querySelectorAll('input[name="seen"]')) seen.value = now.said;
      told(set.more);
    }
    if (before.mine && !now.mine) told(set.lost);
    if (now.mine !== before.mine || now.standing !== before.standing) leave();
    before = { said: now.said, mine: now.mine, standing: now.standing };
  }

  // Where the conversation came to another standing, the page is loaded anew once nothing is being written.
  const leave = async () => {
    if ([...document.querySelectorAll("textarea")].includes(document.activeElement)) return;
    await keepAll();
    location.replace(location.pathname);
  };

  let stream = null, hiding = 0;
  const listen = () => {
    if (stream || !set.events || document.visibilityState !== "visible") return;
    const source = stream = new EventSource(set.events);
    source.addEventListener("changed", (event) => {
      const ids = event.data.split(" ").filter(Boolean);
      for (const one of looks) if (one.any || !ids.length || ids.includes(set.id)) one.look();
    });
    source.addEventListener("over", () => location.reload());
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      stream = null;
      setTimeout(listen, CLOSED_MS);
    };
  };
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.visibilityState === "visible") { listen(); for (const one of looks) one.look(); }
    else { keepAll(true); hiding = setTimeout(() => { stream?.close(); stream = null; }, 30000); }
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // Drafts.
  const boxes = [...document.querySelectorAll("form[data-box]")].map((form) => ({
    form, box: form.dataset.box, text: form.elements.text, kept: form.querySelector(".kept"), saved: form.elements.text.value, timer: 0, sent: false,
  }));
  const keep = async (one, last) => {
    clearTimeout(one.timer);
    const text = one.text.value;
    if (one.sent || text === one.saved) return;
    try {
      const answer = await post(set.draft, { box: one.box, draft: one.form.elements.draft.value, text }, last ? { keepalive: true } : {});
      if (!answer.ok) throw new Error(answer.status);
      one.saved = text;
      one.kept.textContent = text.trim() ? set.kept : "";
    } catch { one.kept.textContent = set.unkept; }
  };
  const keepAll = (last) => Promise.all(boxes.map((one) => keep(one, last)));
  const grow = (text) => { text.style.height = "auto"; text.style.height = Math.min(text.scrollHeight + 2, innerHeight / 2) + "px"; };
  for (const one of boxes) {
    one.text.addEventListener("input", () => { clearTimeout(one.timer); one.kept.textContent = ""; one.timer = setTimeout(() => keep(one), DRAFT_MS); grow(one.text); });
    one.text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      const button = one.form.querySelector(".acts button:not(.plain-only)");
      if (button) one.form.requestSubmit(button);
    });
    one.form.addEventListener("submit", () => { one.sent = true; clearTimeout(one.timer); });
    if (one.text.value) grow(one.text);
  }
  window.addEventListener("pagehide", () => keepAll(true));
  // What is sent twice by a hasty finger is one thing.
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    if (event.target.dataset.gone) event.preventDefault();
    else if (event.target.method === "post") event.target.dataset.gone = "1";
  });

  // A suggestion comes into the box without leaving the page.
  const answer = document.getElementById("answer");
  for (const form of document.querySelectorAll(".suggestion")) form.addEventListener("submit", (event) => {
    if (!answer) return;
    event.preventDefault();
    const before = answer.value.trimEnd(), text = form.querySelector(".text").textContent;
    answer.value = before ? before + "\n\n" + text : text;
    answer.dispatchEvent(new Event("input"));
    answer.focus();
    answer.setSelectionRange(answer.value.length, answer.value.length);
  }, true);

  // Whoever does something here holds the conversation longer; an open page alone does not.
  let signed = Date.now();
  const sign = async () => {
    if (!set.mine || !set.sign || Date.now() - signed < SIGN_MS) return;
    signed = Date.now();
    const answer = await post(set.sign, {}).catch(() => null);
    if (answer?.status === 409) { set.mine = ""; told(set.lost); }
  };
  for (const deed of ["keydown", "pointerdown", "wheel", "touchmove"]) document.addEventListener(deed, sign, { passive: true });

  // Keys.
  const help = document.getElementById("keys"), on = document.getElementById("keys-on"), open = document.getElementById("keys-open");
  const KEY = "docwatch-desk-keys";
  const wanted = () => { try { return localStorage.getItem(KEY) !== "off"; } catch { return true; } };
  if (help) {
    open.hidden = false;
    open.addEventListener("click", () => help.showModal());
    on.checked = wanted();
    on.addEventListener("change", () => { try { localStorage.setItem(KEY, on.checked ? "on" : "off"); } catch { /* holds for this page alone */ } });
  }
  const move = (step) => {
    const rows = [...document.querySelectorAll("a[data-row]")].filter((one) => one.offsetParent);
    const at = rows.indexOf(document.activeElement), current = rows.findIndex((one) => one.getAttribute("aria-current"));
    rows[Math.max(0, Math.min(rows.length - 1, (at >= 0 ? at : current >= 0 ? current : step > 0 ? -1 : 0) + step))]?.focus();
  };
  const write = (id) => {
    const box = document.getElementById(id);
    if (!box) return;
    box.closest("details")?.setAttribute("open", "");
    box.focus();
  };
  const keys = {
    j: () => move(1), k: () => move(-1), t: () => document.getElementById("take-next")?.requestSubmit(), a: () => write("answer"), n: () => write("note"),
    1: () => suggest(1), 2: () => suggest(2), 3: () => suggest(3), s: () => location.assign(set.search), l: () => location.assign(set.home), "?": () => help?.showModal(),
  };
  // The same keys on a keyboard that writes Ukrainian or Russian.
  const LETTERS = { KeyJ: "j", KeyK: "k", KeyT: "t", KeyA: "a", KeyN: "n", KeyS: "s", KeyL: "l" };
  const suggest = (number) => document.querySelector(`[data-suggestion="${number}"]`)?.click();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest("input, textarea, select, dialog")) return;
    if (help ? !on.checked : !wanted()) return;
    const deed = keys[event.key.toLowerCase()] || keys[LETTERS[event.code]];
    if (!deed) return;
    event.preventDefault();
    deed();
  });

  if (talk) talk.scrollTop = talk.scrollHeight;
  listen();
})();
