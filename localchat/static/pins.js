// The bar of pinned messages. A click scrolls to the message, and shows the next older one.

import { summary } from "./bubbles.js";
import { button, icon, make } from "./elements.js";
import { t } from "./messages.js";

/** The bar of the messages pinned in a chat; hidden while none of them is loaded. */
export class PinBar {
  #log;
  #ids = [];
  #turn = 0;

  constructor(log) {
    this.#log = log;
    this.element = button({ class: "pinned", hidden: true, onclick: () => this.#next() });
  }

  set ids(ids) {
    if (ids.length !== this.#ids.length) this.#turn = 0;
    this.#ids = ids;
    this.draw();
  }

  /** Renders the bar from the current messages. */
  draw() {
    const known = this.#known();
    this.element.hidden = known.length === 0;
    if (!known.length) return;
    const index = this.#turn % known.length;
    const title = known.length > 1 ? t("pinnedOf", { number: known.length - index, total: known.length }) : t("pinned");
    const words = summary(known[index]);
    this.element.setAttribute("aria-label", t("goToPinned", { text: words }));
    this.element.replaceChildren(
      icon("pin"),
      make("span", { class: "pin-words" }, make("span", { class: "title" }, title), make("span", { class: "what", dir: "auto" }, words)),
    );
  }

  #known() {
    const messages = this.#ids.map((id) => this.#log.get(id)).filter(Boolean);
    return messages.sort((a, b) => b.message_id - a.message_id);
  }

  #next() {
    const known = this.#known();
    this.#log.goTo(known[this.#turn % known.length].message_id);
    this.#turn += 1;
    this.draw();
  }
}
