/** The phone's HTTP interface: one function per request, JSON in and out, errors as `ApiError`. */

/** The server refused or could not be reached; `message` is fit to be shown. */
export class ApiError extends Error {}

async function call(method, path, body) {
  let response;
  try {
    const isFile = body instanceof Blob;
    response = await fetch(`/phone/api${path}`, {
      method,
      headers: body === undefined || isFile ? {} : { "Content-Type": "application/json" },
      body: body === undefined || isFile ? body : JSON.stringify(body),
    });
  } catch {
    throw new ApiError("No connection to the phone network");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(answer.error ?? `The server answered ${response.status}`);
  return answer;
}

const citizen = (app, id) => `${app === "telegram" ? "" : `/${app}`}/citizens/${encodeURIComponent(id)}`;

/** Send the bytes of a file as a citizen: a picture as a photo, everything else as it is. */
export const sendFile = (app, id, file, name) => {
  const isPhoto = /^image\/(png|jpeg|webp)$/.test(file.type);
  const path = isPhoto ? "/photo" : `/document?name=${encodeURIComponent(name)}`;
  return call("POST", `${citizen(app, id)}${path}`, file);
};

export const fetchOffice = () => call("GET", "/office");
export const registerApplication = (given) => call("POST", "/office/applications", given);
export const stampStage = (receiptId, stage, office) =>
  call("POST", `/office/applications/${encodeURIComponent(receiptId)}/stamp`, { stage, office });
export const receiptPage = (receiptId, language) =>
  `/phone/api/office/receipts/${encodeURIComponent(receiptId)}/print?language=${language}`;
/** Leads to what the code of a receipt holds. */
export const receiptCode = (receiptId) => `/phone/api/office/receipts/${encodeURIComponent(receiptId)}/open`;

/** The picture that a phone's camera takes of a receipt. */
export async function photographReceipt(receiptId) {
  const address = `/phone/api/office/receipts/${encodeURIComponent(receiptId)}/qr.png`;
  const response = await fetch(address).catch(() => null);
  if (!response?.ok) throw new ApiError("The receipt could not be photographed");
  return response.blob();
}

/** The state of the phones, with those of the other apps where they are. */
export async function fetchState() {
  const state = await call("GET", "/state");
  const other = (app) => (state.apps.includes(app) ? call("GET", `/${app}/state`) : null);
  const [viber, web, email, sms] = await Promise.all(["viber", "web", "email", "sms"].map(other));
  return { ...state, viber, web, email, sms };
}
export const fetchMessages = async (app, id) => (await call("GET", `${citizen(app, id)}/messages`)).messages;
export const addCitizen = (name, language) => call("POST", "/citizens", { name, language });
export const sendText = (app, id, text) => call("POST", `${citizen(app, id)}/messages`, { text });
export const pressButton = (app, id, messageId, data) =>
  call("POST", `${citizen(app, id)}/press`, { message_id: messageId, data });
export const openLink = (app, id, link) => call("POST", `${citizen(app, id)}/open`, { link });
export const setBlocked = (app, id, blocked) => call("POST", `${citizen(app, id)}/block`, { blocked });
export const markRead = (app, id) => call("POST", `${citizen(app, id)}/read`, {});
