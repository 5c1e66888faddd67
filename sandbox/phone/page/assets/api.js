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

const citizen = (id) => `/citizens/${encodeURIComponent(id)}`;

/** Send the bytes of a file as a citizen: a picture as a photo, everything else as it is. */
export const sendFile = (id, file, name) => {
  const isPhoto = /^image\/(png|jpeg|webp)$/.test(file.type);
  const path = isPhoto ? "/photo" : `/document?name=${encodeURIComponent(name)}`;
  return call("POST", `${citizen(id)}${path}`, file);
};

export const fetchOffice = () => call("GET", "/office");
export const registerApplication = (given) => call("POST", "/office/applications", given);
export const stampStage = (receiptId, stage, office) =>
  call("POST", `/office/applications/${encodeURIComponent(receiptId)}/stamp`, { stage, office });
export const receiptPage = (receiptId, language) =>
  `/phone/api/office/receipts/${encodeURIComponent(receiptId)}/print?language=${language}`;

/** The picture that a phone's camera takes of a receipt. */
export async function photographReceipt(receiptId) {
  const address = `/phone/api/office/receipts/${encodeURIComponent(receiptId)}/qr.png`;
  const response = await fetch(address).catch(() => null);
  if (!response?.ok) throw new ApiError("The receipt could not be photographed");
  return response.blob();
}

export const fetchState = () => call("GET", "/state");
export const fetchMessages = async (id) => (await call("GET", `${citizen(id)}/messages`)).messages;
export const addCitizen = (name, language) => call("POST", "/citizens", { name, language });
export const sendText = (id, text) => call("POST", `${citizen(id)}/messages`, { text });
export const pressButton = (id, messageId, data) =>
  call("POST", `${citizen(id)}/press`, { message_id: messageId, data });
export const openLink = (id, link) => call("POST", `${citizen(id)}/open`, { link });
export const setBlocked = (id, blocked) => call("POST", `${citizen(id)}/block`, { blocked });
export const markRead = (id) => call("POST", `${citizen(id)}/read`, {});
