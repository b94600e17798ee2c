// Render media: pictures, albums, files, locations, contacts and voice messages.

import { button, icon, make } from "./elements.js";
import { size, t } from "./messages.js";
import { address } from "./server.js";

const WIDEST = 310; // pixels on the phone's screen
const TALLEST = 380;
const NARROWEST = 130;

/** The DOM nodes of a message's media; an empty list for a text message. */
export function attachments(message, chat) {
  if (message.photo) return [picture(message, chat)];
  if (message.sticker) return [sticker(message.sticker)];
  if (message.document) return [file(message)];
  if (message.voice) return [note("voice", t("voice", { seconds: message.voice.duration }))];
  if (message.location) return [note("place", t("place", message.location))];
  if (message.contact) {
    const { first_name: first, last_name: last, phone_number: number } = message.contact;
    return [note("person", t("contact", { name: [first, last].filter(Boolean).join(" "), number }))];
  }
  return [];
}

function picture(message, chat) {
  const largest = message.photo.reduce((one, other) => (other.width > one.width ? other : one));
  const source = largest.url ?? message.url;
  const words = message.caption || t("picture");
  const image = make("img", {
    src: source && address(source),
    alt: words,
    decoding: "async",
  });
  // The size is reserved before the picture loads, to avoid a layout shift.
  const scale = Math.min(1, WIDEST / largest.width, TALLEST / largest.height);
  image.style.inlineSize = `${Math.max(largest.width * scale, NARROWEST)}px`;
  image.style.aspectRatio = `${largest.width} / ${largest.height}`;
  return button({ class: "picture", "aria-label": `${t("pictureOpen")}: ${words}`, onclick: () => chat.show(image.src, words) }, image);
}

function file(message) {
  const { file_name: given, file_size: bytes } = message.document;
  const name = given || t("file");
  return make(
    "a",
    {
      class: "file",
      href: message.url && address(message.url),
      download: name,
      "aria-label": t("download", { name, size: size(bytes) }),
    },
    make("span", { class: "badge" }, icon("file")),
    make("span", { class: "about" }, make("span", { class: "name", dir: "auto" }, name), make("span", { class: "size" }, size(bytes))),
  );
}

const sticker = ({ emoji }) => make("span", { class: "sticker", role: "img", "aria-label": t("sticker", { emoji: emoji ?? "" }) }, emoji ?? "▢");

const note = (name, words) => make("p", { class: "note" }, icon(name), words);
