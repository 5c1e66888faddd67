/** The apps of a phone, and how a citizen stands with the bot of each. */

export const TELEGRAM = "telegram";
export const VIBER = "viber";
export const EMAIL = "email";
export const SMS = "sms";
export const WEB = "web";
export const APPS = [TELEGRAM, VIBER, WEB, EMAIL, SMS];
export const NAMES = { [TELEGRAM]: "Telegram", [VIBER]: "Viber", [WEB]: "Page", [EMAIL]: "E-mail", [SMS]: "SMS" };
/** Apps in which there is a bot. */
export const TALKED_WITH = [TELEGRAM, VIBER];
/** Apps in which one only reads. */
export const READ_ONLY = [EMAIL, WEB];
/** Apps in which no bot is talked with: what the camera finds is opened elsewhere. */
export const NO_CAMERA = [EMAIL, SMS];

const NOBODY = { started: false, blocked: false, unread: 0, last: null, keyboard: null };

/** How a citizen stands with the bot of an app, from what the server tells of both. */
export function asProfile(app, citizen, account) {
  if (app === TELEGRAM) return citizen ?? NOBODY;
  return account ? { ...account, started: account.met } : NOBODY;
}

const INVITATION = /^https?:[^?#]+\/j\/([a-z]+)\/(j-[\w-]+)$/;

/**
 * Where a link leads on the phone itself, `{app, link}`; null for one that opens in a browser.
 * The page behind an invitation has one button, which leads to the app; here it is as if that was pressed.
 */
export function insideLink(address, bots) {
  const telegram = `https://t.me/${bots[TELEGRAM].username}?start=`;
  const viber = bots[VIBER]?.there ? bots[VIBER].link : null;
  const [, app, secret] = INVITATION.exec(address) ?? [];
  if (app === TELEGRAM) return { app, link: telegram + secret };
  if (app === VIBER && viber) return { app, link: `${viber}&context=${secret}` };
  return address.startsWith(telegram) ? { app: TELEGRAM, link: address } : null;
}

const latest = (profiles) =>
  profiles.map((one) => one.last).filter(Boolean).sort((a, b) => Date.parse(b.at) - Date.parse(a.at))[0] ?? null;

/** A citizen as the list shows them, from how they stand in each app of the phone. */
export function asPerson(citizen, profiles) {
  const begun = profiles.filter((one) => one.started || one.blocked);
  return {
    ...citizen,
    started: begun.some((one) => one.started),
    blocked: begun.length > 0 && begun.every((one) => one.blocked),
    unread: profiles.reduce((sum, one) => sum + one.unread, 0),
    last: latest(profiles),
  };
}

/** Show which apps a phone has and let them be opened; `{}` is the phone. */
export function showApps({ store, id, root, part, on }) {
  const group = part("apps");
  const buttons = new Map([...group.querySelectorAll("button")].map((node) => [node.dataset.app, node]));

  function show() {
    const open = store.appOf(id);
    root.dataset.app = open;
    group.hidden = store.apps.length === 1;
    for (const [app, node] of buttons) {
      node.hidden = !store.apps.includes(app);
      const { unread } = store.profile(id, app);
      const isWaiting = app !== open && unread > 0;
      node.setAttribute("aria-pressed", String(app === open));
      node.querySelector("b").textContent = isWaiting ? String(unread) : "";
      node.querySelector(".hidden-text").textContent = isWaiting ? " unread" : "";
    }
  }

  for (const [app, node] of buttons) node.onclick = () => store.choose(id, app);
  on("citizens app", show);
  show();
}
