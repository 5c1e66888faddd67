/** The menu of the chat's header, with the keys of a menu: arrows, Home, End, Esc, Tab. */
import { arrowKeys, byId } from "./dom.js";

/** Wire the menu; `actions`: `scan()` and `toggleBlock()`. */
export function showMenu(store, actions) {
  const opener = byId("more");
  const menu = byId("menu");

  function close(giveFocusBack) {
    if (menu.hidden) return;
    menu.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    if (giveFocusBack) opener.focus();
  }

  function open() {
    byId("menu-block").lastElementChild.textContent = store.citizen?.blocked ? "Unblock the bot" : "Block the bot";
    menu.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    menu.firstElementChild.focus();
  }

  opener.onclick = () => (menu.hidden ? open() : close(true));
  arrowKeys(menu, (item) => item);
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close(true);
    } else if (event.key === "Tab") {
      close(true);
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (!menu.contains(event.target) && !opener.contains(event.target)) close(false);
  });
  byId("menu-scan").onclick = () => {
    close(true);
    actions.scan();
  };
  byId("menu-block").onclick = () => {
    close(true);
    actions.toggleBlock();
  };
  store.on("selection", () => close(false));
}
