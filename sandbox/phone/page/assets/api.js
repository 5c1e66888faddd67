/** The phone's HTTP interface: one function per request, JSON in and out, errors as `ApiError`. */

/** The server refused or could not be reached; `message` is fit to be shown. */
export class ApiError extends Error {}

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(`/phone/api${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiError("No connection to the phone network");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(answer.error ?? `The server answered ${response.status}`);
  return answer;
}

const citizen = (id) => `/citizens/${encodeURIComponent(id)}`;

export const fetchState = () => call("GET", "/state");
export const fetchMessages = async (id) => (await call("GET", `${citizen(id)}/messages`)).messages;
export const addCitizen = (name, language) => call("POST", "/citizens", { name, language });
export const sendText = (id, text) => call("POST", `${citizen(id)}/messages`, { text });
export const pressButton = (id, messageId, data) =>
  call("POST", `${citizen(id)}/press`, { message_id: messageId, data });
export const openLink = (id, link) => call("POST", `${citizen(id)}/open`, { link });
export const setBlocked = (id, blocked) => call("POST", `${citizen(id)}/block`, { blocked });
export const markRead = (id) => call("POST", `${citizen(id)}/read`, {});
