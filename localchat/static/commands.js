// The command menu: all commands from the Menu button, autocomplete while "/…" is typed.

import { make } from "./elements.js";
import { t } from "./messages.js";

/** A list box over the composer. Arrow keys move, Enter selects, Esc closes; focus stays in the text field. */
export class CommandMenu {
  #commands = [];
  #shown = [];
  #active = 0;
  #take;
  #changed;

  /** `take(command)` is called with the chosen command; `changed(open, activeId)` whenever the list changes. */
  constructor(take, changed) {
    this.#take = take;
    this.#changed = changed;
    this.element = make("div", { class: "commands", id: "commands", role: "listbox", "aria-label": t("commands"), tabindex: -1, hidden: true });
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  set commands(commands) {
    this.#commands = commands ?? [];
    if (this.open) this.show("");
  }

  get available() {
    return this.#commands.length > 0;
  }

  get open() {
    return !this.element.hidden;
  }

  /** Filters the commands by the prefix after the slash. */
  show(start) {
    this.#shown = this.#commands.filter(({ command }) => command.startsWith(start.toLowerCase()));
    this.#active = 0;
    this.element.hidden = this.#shown.length === 0;
    this.element.replaceChildren(...this.#shown.map((command, index) => this.#option(command, index)));
    this.#mark();
  }

  close() {
    if (!this.open) return;
    this.element.hidden = true;
    this.#mark();
  }

  /** Handles a key; returns true when the list consumed it. */
  key(event) {
    if (!this.open || event.isComposing) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.#active = (this.#active + step + this.#shown.length) % this.#shown.length;
      this.#mark();
    } else if (event.key === "Enter" && !event.shiftKey) this.#choose(this.#active);
    else if (event.key === "Escape") this.close();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #option({ command, description }, index) {
    return make(
      "div",
      { class: "option", role: "option", id: `command-${index}`, onclick: () => this.#choose(index) },
      make("span", { class: "command-name", dir: "ltr" }, `/${command}`),
      make("span", { class: "description", dir: "auto" }, description),
    );
  }

  #choose(index) {
    const { command } = this.#shown[index];
    this.close();
    this.#take(`/${command}`);
  }

  #mark() {
    const options = [...this.element.children];
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === this.#active)));
    const id = this.open ? `command-${this.#active}` : null;
    if (id) this.element.setAttribute("aria-activedescendant", id);
    options[this.#active]?.scrollIntoView?.({ block: "nearest" });
    this.#changed(this.open, id);
  }
}
