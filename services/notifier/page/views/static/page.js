// What is new comes into the open page, and forms are sent without leaving it. Without this file all the same works by reloading.
"use strict";
(() => {
  const body = document.body, base = body.dataset.base;
  const lines = document.getElementById("lines"), facts = document.getElementById("facts");
  const say = document.getElementById("say"), text = document.getElementById("text"), told = document.getElementById("told");
  const ANSWERABLE = 3, HIDDEN_MS = 30000, CLOSED_MS = 30000;
  let version = Number(body.dataset.version), stream = null, hiding = 0, refreshing = 0, seen = version;

  const made = (html) => { const holder = document.createElement("template"); holder.innerHTML = html.trim(); return holder.content.firstElementChild; };
  const wide = matchMedia("(min-width: 60rem)");
  const newest = () => { if (wide.matches) lines.scrollTop = lines.scrollHeight; else lines.lastElementChild?.scrollIntoView({ block: "end" }); };
  const near = () => wide.matches ? lines.scrollHeight - lines.scrollTop - lines.clientHeight < 120 : lines.getBoundingClientRect().bottom < innerHeight + 120;
  const unique = () => Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join("");

  // Only the newest messages of ours bear their buttons, as on a page that is loaded.
  const tidy = () => {
    const ours = [...lines.querySelectorAll(".line.ours")].sort((a, b) => b.dataset.version - a.dataset.version);
    for (const old of ours.slice(ANSWERABLE)) old.querySelector(".choices")?.remove();
  };

  const put = (line) => {
    const fresh = made(line.html), old = document.getElementById(fresh.id), follow = near();
    if (old) old.replaceWith(fresh);
    else {
      if (!line.ours) lines.querySelector(".sending")?.remove();
      const next = [...lines.querySelectorAll(".line[data-place]")].find((one) => Number(one.dataset.place) > line.place);
      fresh.classList.add("fresh");
      lines.insertBefore(fresh, next || null);
    }
    tidy();
    if (follow) newest();
  };

  const post = (path, fields) => fetch(base + path, {
    method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "error",
  });

  const see = () => {
    if (document.visibilityState !== "visible" || version <= seen) return;
    seen = version;
    post("/p/seen", { form: body.dataset.form, version }).catch(() => { seen = 0; });
  };

  const refresh = () => {
    clearTimeout(refreshing);
    refreshing = setTimeout(async () => {
      if (facts.contains(document.activeElement)) return refresh();
      const answer = await fetch(base + "/p/documents", { headers: { Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
      if (!answer?.ok) return;
      const open = new Set([...facts.querySelectorAll("details[open]")].map(name));
      facts.innerHTML = await answer.text();
      for (const one of facts.querySelectorAll("details")) one.open = open.has(name(one));
    }, 400);
  };
  const name = (details) => details.closest(".document").querySelector("h2").id + details.querySelector("summary").textContent;

  const over = () => location.assign(base + "/p/farewell");

  const listen = () => {
    if (stream || document.visibilityState !== "visible") return;
    const source = stream = new EventSource(base + "/p/events?after=" + version);
    source.addEventListener("line", (event) => {
      const line = JSON.parse(event.data);
      version = Number(event.lastEventId);
      put(line);
      see();
      if (line.ours) refresh();
    });
    source.addEventListener("over", over);
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      stream = null;
      setTimeout(listen, CLOSED_MS);
    };
  };

  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.visibilityState === "visible") { listen(); see(); refresh(); }
    else hiding = setTimeout(() => { stream?.close(); stream = null; }, HIDDEN_MS);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-live]")) return;
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form, event.submitter)), path = new URL(form.action).pathname.slice(base.length);
    Object.assign(fields, { form: body.dataset.form, once: unique() });
    let mine = null;
    if (form === say) {
      if (!text.value.trim()) return;
      mine = document.createElement("div");
      mine.className = "line theirs sending";
      mine.append(Object.assign(document.createElement("div"), { className: "bubble", textContent: text.value }));
      lines.append(mine);
      text.value = "";
      grow();
    }
    newest();
    told.textContent = "";
    if (event.submitter) event.submitter.disabled = true;
    try {
      const answer = await post(path, fields);
      if (answer.status === 410) return over();
      if (answer.status === 403) return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      if ((await answer.json()).anew) return setTimeout(() => location.reload(), 600);
      if (!form.closest("#conversation")) document.getElementById("conversation").scrollIntoView();
    } catch {
      told.textContent = body.dataset.busy;
      if (mine) { mine.remove(); text.value = fields.text; }
    } finally {
      if (event.submitter) event.submitter.disabled = false;
    }
  });

  const grow = () => { text.style.height = "auto"; text.style.height = Math.min(text.scrollHeight + 2, 160) + "px"; };
  text.addEventListener("input", grow);
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    say.requestSubmit();
  });

  if (wide.matches) newest();
  wide.addEventListener("change", () => { if (wide.matches) newest(); });
  listen();
})();
