// The message list: rows in order, date separators, and a stable scroll position.

import { day, row } from "./bubbles.js";
import { button, icon, make } from "./elements.js";
import { t } from "./messages.js";

const NEAR = 48; // tolerance in pixels for being scrolled to the end

/** The message list. Scrolls with new messages only while it is at its end; otherwise it counts unread messages. */
export class MessageLog {
  #chat;
  #messages = new Map();
  #rows = new Map();
  #unread = 0;
  #atEnd = true;
  #replacing = false;
  #height = 0;

  constructor(chat) {
    this.#chat = chat;
    this.list = make("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", tabindex: 0 });
    this.jump = button({ class: "jump", hidden: true, onclick: () => this.toEnd(true) }, icon("down"), make("span", { class: "count" }));
    this.element = make("div", { class: "conversation" }, this.list, this.jump);
    this.list.addEventListener("scroll", () => this.#noticeScroll(), { passive: true });
    this.list.addEventListener("load", () => this.#atEnd && this.toEnd(), { capture: true });
    new ResizeObserver(() => this.#noticeSize()).observe(this.list);
  }

  get(id) {
    return this.#messages.get(id);
  }

  /** The newest message that satisfies the predicate, or undefined. */
  newest(fits) {
    return [...this.#messages.values()].filter(fits).sort((a, b) => b.message_id - a.message_id)[0];
  }

  get empty() {
    return this.#messages.size === 0;
  }

  /** Replaces the messages by a snapshot; unchanged rows are kept. */
  replace(messages) {
    this.#replacing = this.empty;
    // A screen reader does not announce the history as new messages (aria-live).
    if (this.#replacing) this.list.setAttribute("aria-live", "off");
    setTimeout(() => this.list.setAttribute("aria-live", "polite"), 1000);
    const kept = new Set(messages.map((message) => message.message_id));
    for (const id of [...this.#messages.keys()]) if (!kept.has(id)) this.remove(id);
    for (const message of messages) {
      if (JSON.stringify(this.#messages.get(message.message_id)) !== JSON.stringify(message)) this.put(message);
    }
    this.#replacing = false;
    this.#keepPlace(() => this.#separateDays());
  }

  /** Adds a message, or replaces it by its new version (upsert). */
  put(message) {
    const known = this.#messages.has(message.message_id);
    this.#messages.set(message.message_id, message);
    if (this.#replacing) {
      this.#draw(this.#key(message));
      return;
    }
    this.#keepPlace(() => this.#draw(this.#key(message)));
    if (known) return;
    if (message.out) this.toEnd();
    else if (!this.#atEnd) this.#count(this.#unread + 1);
  }

  remove(id) {
    const message = this.#messages.get(id);
    if (!message) return;
    this.#messages.delete(id);
    this.#keepPlace(() => this.#draw(this.#key(message)));
  }

  clear() {
    this.#messages.clear();
    this.#rows.clear();
    this.list.replaceChildren();
    this.#count(0);
    this.#atEnd = true;
  }

  /** Clears the busy state of a message's button, also when the message has been edited meanwhile. */
  settle(id, data) {
    const element = this.#rows.get(this.#key(this.#messages.get(id) ?? { message_id: id }));
    for (const key of element?.querySelectorAll(".inline .key") ?? []) {
      if (key.dataset.data === data) key.removeAttribute("aria-busy");
    }
  }

  /** Scrolls to a message and highlights it briefly. */
  goTo(id) {
    const message = this.#messages.get(id);
    const element = message && this.#rows.get(this.#key(message));
    if (!element) return;
    const middle = (this.list.clientHeight - element.offsetHeight) / 2;
    this.list.scrollTop += element.getBoundingClientRect().top - this.list.getBoundingClientRect().top - middle;
    element.classList.add("marked");
    element.addEventListener("animationend", () => element.classList.remove("marked"), { once: true });
  }

  toEnd(smooth = false) {
    this.#atEnd = true;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.list.scrollTo({ top: this.list.scrollHeight, behavior: smooth && !calm ? "smooth" : "instant" });
    this.#count(0);
  }

  #key(message) {
    return message.media_group_id ? `album ${message.media_group_id}` : `message ${message.message_id}`;
  }

  #draw(key) {
    const old = this.#rows.get(key);
    const messages = this.#under(key);
    if (!messages.length) {
      const focused = old?.contains(old.getRootNode().activeElement);
      old?.remove();
      this.#rows.delete(key);
      if (focused) this.list.focus({ preventScroll: true });
    } else {
      const fresh = row(messages, this.#chat);
      fresh.dataset.key = key;
      fresh.dataset.day = day(messages[0].date, this.#chat.zone);
      this.#rows.set(key, fresh);
      if (old) this.#swap(old, fresh);
      else this.#insert(fresh);
    }
    if (!this.#replacing) this.#separateDays();
  }

  #under(key) {
    if (key.startsWith("message ")) return [this.#messages.get(Number(key.slice("message ".length)))].filter(Boolean);
    const album = [...this.#messages.values()].filter((message) => this.#key(message) === key);
    return album.sort((a, b) => a.message_id - b.message_id);
  }

  #swap(old, fresh) {
    const focused = old.getRootNode().activeElement;
    const held = old.contains(focused) ? [...old.querySelectorAll("button, a")].indexOf(focused) : -1;
    const data = held >= 0 ? focused.dataset.data : undefined;
    fresh.classList.add("still");
    old.replaceWith(fresh);
    if (held < 0) return;
    // Keyboard focus stays on the message whose button was pressed when the row is rendered again.
    const places = [...fresh.querySelectorAll("button, a")];
    const same = places.find((place) => data !== undefined && place.dataset.data === data);
    (same ?? places[Math.min(held, places.length - 1)] ?? this.list).focus({ preventScroll: true });
  }

  #insert(fresh) {
    const id = Number(fresh.dataset.message);
    let after = this.list.lastElementChild;
    while (after && (after.matches(".day") || Number(after.dataset.message) > id)) after = after.previousElementSibling;
    if (after) after.after(fresh);
    else this.list.prepend(fresh);
  }

  #separateDays() {
    let shown = null;
    let separator = null;
    for (const element of [...this.list.children]) {
      if (element.matches(".day")) {
        separator?.remove();
        separator = element;
        continue;
      }
      const name = element.dataset.day;
      // A row that is in its place is not moved, or a screen reader would announce it again.
      if (separator && (name === shown || separator.textContent !== name)) separator.remove();
      const stands = separator?.isConnected;
      if (name !== shown && !stands) element.before(make("p", { class: "day" }, make("span", {}, name)));
      separator = null;
      shown = name;
    }
    separator?.remove();
  }

  /** Applies a change and restores the scroll position (scroll anchoring). */
  #keepPlace(change) {
    if (this.#atEnd) {
      change();
      this.toEnd();
      return;
    }
    const top = this.list.getBoundingClientRect().top;
    const anchor = [...this.list.children].find((child) => child.getBoundingClientRect().bottom > top);
    const key = anchor?.dataset.key;
    const before = anchor?.getBoundingClientRect().top;
    change();
    const now = anchor?.isConnected ? anchor : this.#rows.get(key);
    if (now) this.list.scrollTop += now.getBoundingClientRect().top - before;
  }

  #noticeSize() {
    this.#height = this.list.clientHeight;
    if (this.#atEnd) this.toEnd();
  }

  #noticeScroll() {
    // A resize, such as for a new keyboard, is not a scroll by the reader.
    if (this.list.clientHeight !== this.#height) return;
    this.#atEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR;
    if (this.#atEnd) this.#count(0);
    this.jump.hidden = this.#atEnd;
  }

  #count(unread) {
    this.#unread = unread;
    this.jump.querySelector(".count").textContent = unread ? String(unread) : "";
    this.jump.setAttribute("aria-label", unread ? t("newestUnread", { count: unread }) : t("newest"));
    this.jump.hidden = this.#atEnd;
  }
}
