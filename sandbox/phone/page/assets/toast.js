/** Short notes: the bot's answers to pressed buttons on a phone, and the page's own errors. */

const SHOWN_MS = 4_500;

/** Return the function that shows a text in an element for a few seconds, the latest one only. */
export function toaster(element) {
  let timer = 0;
  return (text) => {
    if (!text) return;
    clearTimeout(timer);
    element.textContent = text;
    element.classList.add("shown");
    timer = setTimeout(() => {
      element.classList.remove("shown");
      element.textContent = "";
    }, SHOWN_MS);
  };
}
