"use strict";
// The page's service worker: shows pushes, and what was last known where there is no connection.
// Above it stand VERSION, STATIC (the path of files that never change), OFFLINE (the page for whoever has no
// connection), FILES (what else is fetched at once), ICON and BADGE.
/* global VERSION, STATIC, OFFLINE, FILES, ICON, BADGE */

const SHELF = `kept-${VERSION}`;
const HERE = self.registration.scope.replace(/\/$/, "");
const absolute = (path) => new URL(path, self.location).href;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELF).then((shelf) => shelf.addAll([OFFLINE, ...FILES])).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name !== SHELF) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (request.url.startsWith(absolute(STATIC))) event.respondWith(file(request));
});

async function page(event) {
  const { request } = event;
  const shelf = await caches.open(SHELF);
  const key = request.url.split(/[?#]/, 1)[0];
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    return (await shelf.match(key)) || (await shelf.match(OFFLINE)) || Response.error();
  }
  // A proxy that finds nobody behind it: what was known is worth more than its word.
  if (answer.status >= 502 && answer.status <= 504) return (await shelf.match(key)) || answer;
  event.waitUntil(keep(shelf, key, answer.clone()));
  return answer;
}

// Only what the page itself asks to keep is kept, and what was there before goes with its session.
async function keep(shelf, key, answer) {
  const wanted = answer.headers.get("Docwatch-Keep");
  if (wanted === "nothing") return leave(shelf);
  if (!answer.ok || answer.redirected || wanted !== "this") return shelf.delete(key);
  const headers = new Headers(answer.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  const text = await answer.text();
  const kept = text.replace("<html ", `<html data-kept="${new Date().toISOString()}" `);
  return shelf.put(key, new Response(kept, { headers }));
}

// The session is over: nothing that was known stays, and nobody pushes any more.
async function leave(shelf) {
  for (const kept of await shelf.keys()) {
    if (kept.url !== absolute(OFFLINE) && !kept.url.startsWith(absolute(STATIC))) await shelf.delete(kept);
  }
  const subscription = await self.registration.pushManager.getSubscription();
  if (subscription) await subscription.unsubscribe();
}

async function file(request) {
  const shelf = await caches.open(SHELF);
  const kept = await shelf.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await shelf.put(request, answer.clone());
  return answer;
}

self.addEventListener("push", (event) => {
  event.waitUntil(show(told(event)));
});

function told(event) {
  try {
    const given = event.data.json();
    return given && typeof given === "object" ? given : {};
  } catch {
    return {};
  }
}

async function show({ title, body, tag, url, lang }) {
  // A browser wants each push to be seen; what cannot be read says at least who writes.
  const name = String(title || new URL(HERE).host);
  const options = { body: String(body || ""), lang: String(lang || ""), icon: absolute(ICON), badge: absolute(BADGE) };
  options.data = { url: String(url || "") };
  if (tag) {
    options.tag = String(tag);
    const before = await self.registration.getNotifications({ tag: options.tag });
    // A copy of what is there is no news.
    options.renotify = !before.some((one) => one.title === name && one.body === options.body);
    options.silent = !options.renotify;
  }
  await self.registration.showNotification(name, options);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data));
});

async function open(data) {
  const asked = new URL((data && data.url) || HERE, HERE).href;
  const url = asked.startsWith(HERE) ? asked : HERE;
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const ours = windows.find((one) => one.url === url) || windows.find((one) => one.url.startsWith(HERE));
  if (!ours) return self.clients.openWindow(url);
  const focused = await ours.focus();
  return ours.url === url ? focused : focused.navigate(url).catch(() => self.clients.openWindow(url));
}

self.addEventListener("pushsubscriptionchange", (event) => {
  event.waitUntil(renew(event.oldSubscription, event.newSubscription));
});

async function renew(before, after) {
  const options = before && before.options;
  const now = after || (options && (await self.registration.pushManager.subscribe(options)));
  if (!now) return;
  await fetch(`${HERE}/push`, {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(now),
  });
}
