// Render a text with Bot API entities as DOM nodes. Offsets are in UTF-16 code units, as in JavaScript strings.

import { button, make } from "./elements.js";
import { openable } from "./links.js";
import { t } from "./messages.js";

const BLOCKS = new Set(["pre", "blockquote", "expandable_blockquote"]);
const TAGS = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code" };

/**
 * The formatted text as a fragment.
 * `chat.send(text)` is called for a clicked command, `chat.open(address)` for a clicked link and
 * `chat.copy(text)` for clicked code.
 */
export function formatted(text, entities, chat) {
  const fragment = document.createDocumentFragment();
  const ordered = [...(entities ?? [])]
    .filter((entity) => entity.length > 0)
    .sort((a, b) => a.offset - b.offset || b.length - a.length || BLOCKS.has(b.type) - BLOCKS.has(a.type));
  fill(fragment, text, 0, text.length, ordered, chat);
  return fragment;
}

function fill(parent, text, start, end, entities, chat) {
  let at = start;
  let rest = entities;
  while (rest.length) {
    const [entity, ...later] = rest;
    const from = Math.max(entity.offset, at);
    const to = Math.min(entity.offset + entity.length, end);
    const inside = later.filter((other) => other.offset < to);
    rest = later.filter((other) => other.offset + other.length > to);
    if (to <= from) continue;
    parent.append(text.slice(at, from));
    const node = wrap(entity, text.slice(from, to), chat);
    fill(node.inner ?? node, text, from, to, inside, chat);
    parent.append(node.outer ?? node);
    at = to;
    // A block element ends its line; the newline after it would render as an empty line.
    if (BLOCKS.has(entity.type) && text[at] === "\n" && at < end) at += 1;
  }
  parent.append(text.slice(at, end));
}

function wrap(entity, covered, chat) {
  switch (entity.type) {
    case "bold":
    case "italic":
    case "underline":
    case "strikethrough":
    case "code":
      return make(TAGS[entity.type]);
    case "spoiler":
      return spoiler();
    case "pre":
      return pre(entity.language);
    case "blockquote":
      return make("blockquote", { dir: "auto" });
    case "expandable_blockquote":
      return expandable();
    case "text_link":
      return link(entity.url, chat);
    case "url":
      return link(covered, chat);
    case "email":
      return link(`mailto:${covered}`, chat);
    case "phone_number":
      return link(`tel:${covered.replace(/[^\d+]/g, "")}`, chat);
    case "bot_command":
      return button({ class: "command", dir: "ltr", onclick: () => chat.send(covered) });
    default:
      return make("span", { class: entity.type.replace(/[^a-z_]/g, "") });
  }
}

function link(target, chat) {
  const href = openable(target);
  const click = (event) => {
    if (chat.open(target)) event.preventDefault();
  };
  // A tg: link cannot be opened in a browser, but may be a join link for this phone.
  return make("a", { href: href ?? "#", target: href && "_blank", rel: "noopener noreferrer", onclick: href || target.startsWith("tg:") ? click : (event) => event.preventDefault() });
}

function pre(language) {
  const inner = make("code", { tabindex: 0 });
  const caption = language ? make("span", { class: "language" }, language) : null;
  return { outer: make("pre", { dir: "auto" }, caption, inner), inner };
}

function spoiler() {
  const shown = make("span", { class: "spoiler", role: "button", tabindex: 0, "aria-label": t("hidden") });
  const open = (event) => {
    if (shown.classList.contains("open") || (event.key && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    event.stopPropagation();
    shown.classList.add("open");
    for (const name of ["role", "tabindex", "aria-label"]) shown.removeAttribute(name);
  };
  shown.addEventListener("click", open, { capture: true });
  shown.addEventListener("keydown", open);
  return shown;
}

function expandable() {
  const inner = make("div", { class: "folded" });
  const more = button({ class: "more", "aria-expanded": "false" }, t("showMore"));
  more.addEventListener("click", () => {
    const open = !inner.classList.toggle("folded");
    more.setAttribute("aria-expanded", String(open));
    more.textContent = t(open ? "showLess" : "showMore");
  });
  // Three lines or fewer need no expand button; the height is known only after layout.
  new ResizeObserver(() => {
    more.hidden = inner.classList.contains("folded") && inner.scrollHeight <= inner.clientHeight;
  }).observe(inner);
  return { outer: make("blockquote", { class: "expandable", dir: "auto" }, inner, more), inner };
}
