"use strict";
// "Tell me on this device": asks the browser for its leave only once somebody taps the button.
// <section id="push" hidden data-key data-worker data-scope data-subscriptions> with [data-state] parts.

(() => {
  const place = document.getElementById("push");
  if (!place) return;
  const { key, worker, scope, subscriptions } = place.dataset;

  const show = (state) => {
    for (const part of place.querySelectorAll("[data-state]")) part.hidden = !part.dataset.state.split(" ").includes(state);
    place.hidden = false;
  };

  const raw = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

  const same = (subscription) => {
    const given = subscription.options && subscription.options.applicationServerKey;
    const ours = raw(key);
    return !given || (given.byteLength === ours.length && new Uint8Array(given).every((one, i) => one === ours[i]));
  };

  const tell = async (method, subscription) => {
    const answer = await fetch(subscriptions, {
      method,
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: subscription && JSON.stringify(subscription),
    });
    if (!answer.ok) throw new Error(String(answer.status));
  };

  const subscribe = async (registration) => {
    let found = await registration.pushManager.getSubscription();
    if (found && !same(found)) {
      await found.unsubscribe();
      found = null;
    }
    found = found || (await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: raw(key) }));
    await tell("POST", found);
  };

  const begin = async () => {
    if (!("serviceWorker" in navigator)) return;
    const registration = await navigator.serviceWorker.register(worker, { scope });
    if (!key) return;
    if (!("PushManager" in window) || !("Notification" in window)) {
      // On an iPhone only a page on the home screen may push.
      if ("standalone" in navigator && !navigator.standalone) show("install");
      return;
    }
    if (Notification.permission === "denied") return show("denied");
    const before = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
    if (Notification.permission !== "granted" || !before) return show("off");
    await subscribe(registration);
    show("on");
  };

  place.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-push]");
    if (!button) return;
    button.disabled = true;
    try {
      const registration = await navigator.serviceWorker.ready;
      if (button.dataset.push === "stop") {
        const found = await registration.pushManager.getSubscription();
        if (found) {
          await tell("DELETE");
          await found.unsubscribe();
        }
        return show("off");
      }
      const leave = await Notification.requestPermission();
      if (leave !== "granted") return show(leave === "denied" ? "denied" : "off");
      await subscribe(registration);
      show("on");
    } catch {
      show("failed");
    } finally {
      button.disabled = false;
    }
  });

  const kept = document.documentElement.dataset.kept;
  const note = document.getElementById("kept");
  if (kept && note) {
    const time = note.querySelector("time");
    time.dateTime = kept;
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" })
      .format(new Date(kept));
    note.hidden = false;
  }

  begin().catch(() => {});
})();
