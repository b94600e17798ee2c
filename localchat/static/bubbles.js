// Render a message or an album as a row: a bubble with its inline keyboard below.

import { button, direction, make } from "./elements.js";
import { formatted } from "./entities.js";
import { inlineKeyboard } from "./keyboards.js";
import { attachments } from "./media.js";
import { formats, t } from "./messages.js";

/** A one-line preview of a message, for the pinned bar and for replies. */
export function summary(message) {
  const words = message.text ?? message.caption;
  if (words) return words.replace(/\s+/g, " ").slice(0, 120);
  if (message.photo) return t("picture");
  return message.document?.file_name ?? t("message");
}

const known = new Map();

/** A cached Intl.DateTimeFormat: the constructor is slow. */
function format(name, options, zone) {
  const key = `${name} ${zone}`;
  if (!known.has(key)) known.set(key, new Intl.DateTimeFormat(formats, { ...options, timeZone: zone ?? undefined }));
  return known.get(key);
}

/** The time of day of a message, in the zone given (the browser's own when it is null). */
export function timeOfDay(seconds, zone) {
  return format("time", { hour: "2-digit", minute: "2-digit" }, zone).format(seconds * 1000);
}

/** The day of a message as the date separator shows it. */
export function day(seconds, zone) {
  const text = format("day", { weekday: "long", day: "numeric", month: "long" }, zone).format(seconds * 1000);
  return text[0].toLocaleUpperCase() + text.slice(1);
}

/** The row for one message, or for the messages of one album, oldest first. */
export function row(messages, chat) {
  const [first] = messages;
  const last = messages[messages.length - 1];
  if (first.pinned_message) {
    return make("p", { class: "row notice", "data-message": first.message_id }, make("span", {}, t("pinnedNotice")));
  }
  const words = messages.find((message) => message.caption !== undefined) ?? first;
  const text = words.text ?? words.caption ?? "";
  const element = make("article", {
    class: `row ${first.out ? "out" : "in"}`,
    "data-message": first.message_id,
    "aria-label": first.out ? t("you") : chat.name,
  });
  const bubble = make("div", { class: "bubble" });
  bubble.append(...reply(first, chat), ...carried(messages, chat));
  if (text) {
    const body = make("div", { class: "text", dir: "auto" });
    body.append(formatted(text, words.entities ?? words.caption_entities, chat));
    // The time is at the end of the last line and takes that line's text direction.
    body.append(make("span", { class: "room", "aria-hidden": "true" }));
    bubble.dir = direction(text.slice(text.trimEnd().lastIndexOf("\n") + 1));
    bubble.append(body);
  } else if (!bubble.querySelector(".picture, .file, .note, .sticker")) {
    bubble.append(make("p", { class: "note" }, t("other")));
  }
  bubble.append(meta(last, messages, chat));
  if (!text && first.photo) bubble.classList.add("bare");
  if (messages.some((message) => message.edit_date)) bubble.classList.add("changed");
  if (first.sticker) bubble.classList.add("large");
  element.append(bubble);
  const keys = inlineKeyboard(first, chat);
  if (keys) element.append(keys);
  return element;
}

function carried(messages, chat) {
  if (messages.length === 1) return attachments(messages[0], chat);
  const pictures = messages.every((message) => message.photo);
  const label = t("album", { count: messages.length });
  return [
    make(
      "div",
      { class: pictures ? "album" : "stack", role: "group", "aria-label": label, "data-count": messages.length },
      messages.map((message) => attachments(message, chat)),
    ),
  ];
}

function reply(message, chat) {
  const original = message.reply_to_message;
  if (!original) return [];
  const name = original.out || !original.from?.is_bot ? t("you") : chat.name;
  return [
    button(
      { class: "quoted", onclick: () => chat.goTo(original.message_id) },
      make("span", { class: "who" }, t("answered", { name })),
      make("span", { class: "what", dir: "auto" }, summary(original)),
    ),
  ];
}

function meta(last, messages, chat) {
  const edited = messages.some((message) => message.edit_date);
  const moment = make("time", { datetime: new Date(last.date * 1000).toISOString() }, timeOfDay(last.date, chat.zone));
  return make("span", { class: "meta", dir: "ltr" }, edited ? make("span", { class: "edited" }, `${t("edited")} `) : null, moment);
}
