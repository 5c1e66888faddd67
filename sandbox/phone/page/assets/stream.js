/**
 * The live connection: server-sent events with our own reconnection, because a browser gives up for good
 * when a restarting server answers with an error. Every (re)connection reports "open" so that the page can
 * fetch what it missed.
 */

const KINDS = [
  "message", "citizen", "receipt", "toast", "typing", "viber-message", "viber-account", "viber-bot",
  "email-message", "email-mailbox", "sms-message", "sms-account", "web-message", "web-account",
];
const FIRST_DELAY_MS = 400;
const LONGEST_DELAY_MS = 5_000;

/**
 * Connect and stay connected.
 * @param {string} address of the event stream
 * @param {{opened: () => Promise<boolean>, lost: () => void, event: (kind: string, data: object) => void}} listener
 *   `opened` resolves to false when the page could not catch up: then the connection is made anew
 */
export function connect(address, listener) {
  let delay = FIRST_DELAY_MS;
  const open = () => {
    const source = new EventSource(address);
    let isLost = false;
    const lost = () => {
      if (isLost) return;
      isLost = true;
      source.close();
      listener.lost();
      setTimeout(open, delay);
      delay = Math.min(delay * 2, LONGEST_DELAY_MS);
    };
    source.onerror = lost;
    source.onopen = async () => {
      if (await listener.opened()) delay = FIRST_DELAY_MS;
      else lost();
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => listener.event(kind, JSON.parse(event.data)));
    }
  };
  open();
}
