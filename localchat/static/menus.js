// Menus: a menu button, and the context menu of a message. Arrow keys move, Esc closes.

import { button, icon, make } from "./elements.js";

/** A closed menu. `closed()` is called when it closes by a choice or Esc, to restore the focus. */
function menu(label, closed) {
  const list = make("div", { class: "dropdown", role: "menu", "aria-label": label, hidden: true });
  const close = () => {
    if (list.hidden) return;
    list.hidden = true;
    closed();
  };
  list.addEventListener("keydown", (event) => {
    const items = [...list.children];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const now = items.indexOf(list.getRootNode().activeElement);
    if (step) items[(now + step + items.length) % items.length].focus();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const open = (choices) => {
    const item = ({ text, act }) => button({ role: "menuitem", tabindex: -1, onclick: () => (close(), act()) }, text);
    list.replaceChildren(...choices.map(item));
    list.hidden = false;
    list.firstElementChild?.focus({ preventScroll: true });
  };
  return { list, open, close };
}

/** A button with a menu; `choices()` returns its items each time it opens. */
export function dropdown(label, name, choices) {
  const opener = button({ class: "round", "aria-label": label, "aria-haspopup": "menu", "aria-expanded": "false" }, icon(name));
  const { list, open, close } = menu(label, () => {
    opener.setAttribute("aria-expanded", "false");
    opener.focus({ preventScroll: true });
  });
  const holder = make("div", { class: "dropdown-holder" }, opener, list);
  opener.addEventListener("click", () => {
    if (!list.hidden) return close();
    opener.setAttribute("aria-expanded", "true");
    open(choices());
  });
  holder.addEventListener("focusout", (event) => {
    if (holder.contains(event.relatedTarget)) return;
    list.hidden = true;
    opener.setAttribute("aria-expanded", "false");
  });
  return holder;
}

/**
 * The context menu of messages, by right click, long press or the keyboard's menu key (then on the newest one).
 * `choices(message id)` returns its items.
 */
export function messageMenu(label, area, rows, choices) {
  const { list, open } = menu(label, () => rows.focus({ preventScroll: true }));
  area.append(list);
  rows.addEventListener("contextmenu", (event) => {
    const row = event.target.closest(".row") ?? (event.target === rows ? rows.lastElementChild : null);
    if (!row?.dataset.message || event.target.closest("a, img")) return;
    event.preventDefault();
    open(choices(Number(row.dataset.message)));
    const box = area.getBoundingClientRect();
    const bubble = row.getBoundingClientRect();
    const [x, y] = event.button === 2 ? [event.clientX, event.clientY] : [bubble.left, bubble.top];
    list.style.insetInline = `${Math.max(8, Math.min(x - box.left, box.width - list.offsetWidth - 8))}px auto`;
    list.style.insetBlock = `${Math.max(8, Math.min(y - box.top, box.height - list.offsetHeight - 8))}px auto`;
  });
  list.addEventListener("focusout", (event) => {
    if (!list.contains(event.relatedTarget)) list.hidden = true;
  });
}
