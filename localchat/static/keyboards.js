// Render inline keyboards and reply keyboards.

import { button, icon, make } from "./elements.js";
import { t } from "./messages.js";
import { openable } from "./links.js";

/**
 * The inline keyboard of a message, or null when it has none.
 * `chat.press(message, data)` presses a button; while `chat.waiting(message, data)` it is busy and ignores clicks.
 */
export function inlineKeyboard(message, chat) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return make(
    "div",
    { class: "inline", role: "group", "aria-label": t("buttons") },
    rows.map((row) => make("div", { class: "keys" }, row.map((key) => inlineKey(message, key, chat)))),
  );
}

function inlineKey(message, key, chat) {
  const words = make("span", { class: "words", dir: "auto" }, key.text);
  const target = key.url ?? key.login_url?.url ?? key.web_app?.url;
  if (target !== undefined) {
    const href = openable(target);
    return make(
      "a",
      {
        class: "key",
        href: href ?? "#",
        target: href && "_blank",
        rel: "noopener noreferrer",
        "aria-label": t("opens", { label: key.text }),
        onclick: (event) => (chat.open(target) || !href) && event.preventDefault(),
      },
      words,
      icon("link"),
    );
  }
  if (key.copy_text) {
    const label = t("copy", { label: key.text });
    return button({ class: "key", "aria-label": label, onclick: () => chat.copy(key.copy_text.text) }, words, icon("copy"));
  }
  if (key.callback_data === undefined) return button({ class: "key", "aria-disabled": "true" }, words);
  const shown = button({ class: "key", "data-data": key.callback_data }, words);
  if (chat.waiting(message, key.callback_data)) shown.setAttribute("aria-busy", "true");
  shown.addEventListener("click", () => {
    if (shown.getAttribute("aria-busy") === "true") return;
    shown.setAttribute("aria-busy", "true");
    chat.press(message, key.callback_data);
  });
  return shown;
}

/** The reply keyboard of a bot, with what each key sends. */
export function replyKeyboard(markup, chat) {
  const rows = markup.keyboard.map((row) =>
    make("div", { class: "keys" }, row.map((key) => replyKey(typeof key === "string" ? { text: key } : key, chat))),
  );
  return make("div", { class: markup.resize_keyboard ? "reply small" : "reply", role: "group", "aria-label": t("keyboard") }, rows);
}

function replyKey(key, chat) {
  const words = make("span", { class: "words", dir: "auto" }, key.text);
  const press = () => {
    if (key.request_contact) return chat.share("contact");
    if (key.request_location) return chat.share("location");
    return chat.answer(key.text);
  };
  return button({ class: "key", onclick: press }, words);
}
