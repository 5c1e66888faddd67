/** The menu of the chat's header, with the keys of a menu: arrows, Home, End, Esc, Tab. */
import { WEB } from "./apps.js";
import { arrowKeys } from "./dom.js";

/** Wire the menu of a phone. */
export function showMenu({ store, id, part, actions, signal }) {
  const opener = part("more");
  const menu = part("menu");
  menu.id = `menu-${id}`;
  opener.setAttribute("aria-controls", menu.id);

  function close(giveFocusBack) {
    if (menu.hidden) return;
    menu.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    if (giveFocusBack) opener.focus();
  }

  function open() {
    const isBlocked = store.profile(id).blocked;
    const [block, unblock] = store.appOf(id) === WEB ? ["Take no pushes", "Take pushes again"] : ["Block the bot", "Unblock the bot"];
    part("menu-block").lastElementChild.textContent = isBlocked ? unblock : block;
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
  }, { signal });
  part("menu-scan").onclick = () => {
    close(true);
    actions.scan(id);
  };
  part("menu-block").onclick = () => {
    close(true);
    actions.block(id, !store.profile(id).blocked);
  };
}
