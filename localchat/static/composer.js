// The composer below the messages: text field, menu button, reply keyboard, Start and Unblock.

import { summary } from "./bubbles.js";
import { CommandMenu } from "./commands.js";
import { button, icon, make } from "./elements.js";
import { replyKeyboard } from "./keyboards.js";
import { t } from "./messages.js";

const TALLEST = 132; // maximum height of the text field in pixels; beyond it scrolls

/** The composer. It renders what the chat's state allows and calls the chat for every action. */
export class Composer {
  #chat;
  #markup = null;
  #shown = "";
  #page = null;
  #state = "open";
  #aim = null; // the message that the next text replies to or edits: {kind: "reply" or "edit", message}

  constructor(chat) {
    this.#chat = chat;
    this.#build();
    this.#listen();
  }

  #build() {
    this.menu = new CommandMenu((command) => this.#takeCommand(command), (open, id) => this.#markMenu(open, id));
    this.field = make("textarea", {
      rows: 1, dir: "auto", enterkeyhint: "send", autocomplete: "off", placeholder: t("message"), "aria-label": t("message"),
      "aria-controls": "commands", "aria-haspopup": "listbox", "aria-autocomplete": "list",
    });
    this.opener = button({ class: "menu", hidden: true, "aria-expanded": "false", "aria-controls": "commands" }, icon("menu"), make("span", {}, t("menu")));
    this.toggle = button({ class: "round toggle", hidden: true }, icon("keys"));
    this.sender = button({ class: "round send", hidden: true, "aria-label": t("send") }, icon("send"));
    this.line = make("div", { class: "line" }, this.opener, make("div", { class: "field" }, this.field, this.toggle), this.sender);
    this.keys = make("div", { class: "reply-holder", hidden: true });
    this.gate = make("div", { class: "gate", hidden: true });
    this.aimed = make("div", { class: "aim", hidden: true });
    this.element = make("div", { class: "composer" }, this.menu.element, this.aimed, this.line, this.keys, this.gate);
  }

  #listen() {
    this.field.addEventListener("input", () => this.#written());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.sender.addEventListener("click", () => {
      this.#send();
      this.field.focus({ preventScroll: true });
    });
    this.toggle.addEventListener("click", () => this.#openKeys(this.keys.hidden));
    this.opener.addEventListener("click", () => {
      if (this.#page) return this.#chat.visit(this.#page);
      if (this.menu.open) return this.menu.close();
      this.menu.show("");
      this.menu.element.focus({ preventScroll: true });
    });
    this.element.addEventListener("focusout", (event) => this.element.contains(event.relatedTarget) || this.menu.close());
  }

  set commands(commands) {
    this.menu.commands = commands;
    this.opener.hidden = !this.#page && !this.menu.available;
  }

  /** Sets the menu button: the commands, or the bot's web app. */
  set menuButton(menuButton) {
    this.#page = menuButton?.web_app?.url ?? null;
    this.opener.querySelector("span").textContent = this.#page ? menuButton.text : t("menu");
    this.opener.hidden = !this.#page && !this.menu.available;
  }

  /** Sets the reply keyboard, null when the bot has removed it. A new one opens automatically. */
  set keyboard(markup) {
    const written = JSON.stringify(markup ?? null);
    if (written === this.#shown) return;
    this.#shown = written;
    this.#markup = markup?.keyboard?.length ? markup : null;
    this.toggle.hidden = !this.#markup;
    this.field.placeholder = this.#markup?.input_field_placeholder || t("message");
    this.keys.replaceChildren();
    const share = (kind) => this.#chat.share(kind);
    if (this.#markup) this.keys.append(replyKeyboard(this.#markup, { answer: (text) => this.#answer(text), share }));
    this.#openKeys(Boolean(this.#markup));
  }

  /** Switches on the state of the chat: "start", "blocked" or "open". */
  set state(state) {
    if (state === this.#state) return;
    this.#state = state;
    const gate = { start: [t("start"), null], blocked: [t("unblock"), t("blockedNote", { name: this.#chat.name })] }[state];
    const held = this.element.contains(this.element.getRootNode().activeElement);
    this.line.hidden = Boolean(gate);
    this.gate.hidden = !gate;
    this.keys.classList.toggle("shut", Boolean(gate));
    this.gate.replaceChildren();
    if (gate) {
      const act = state === "start" ? () => this.#chat.start() : () => this.#chat.unblock();
      this.gate.append(gate[1] ? make("p", {}, gate[1]) : "", button({ class: "wide", onclick: act }, gate[0]));
    }
    if (held) (gate ? this.gate.querySelector("button") : this.field).focus({ preventScroll: true });
  }

  /** Makes the next text a reply to a message ("reply") or an edit of the person's own ("edit"); null cancels. */
  aim(kind, message) {
    if (this.#aim?.kind === "edit" || kind === "edit") this.field.value = kind === "edit" ? message.text : "";
    this.#aim = kind && { kind, message };
    this.aimed.hidden = !kind;
    this.aimed.replaceChildren();
    if (kind) {
      this.aimed.append(
        make("p", {}, make("span", { class: "title" }, t(kind === "edit" ? "editing" : "replying")), make("span", { class: "what", dir: "auto" }, summary(message))),
        button({ class: "round", "aria-label": t("cancel"), onclick: () => this.aim(null) }, icon("close")),
      );
    }
    this.#written();
    this.field.focus({ preventScroll: true });
  }

  #openKeys(open) {
    this.keys.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    this.toggle.setAttribute("aria-label", t(open ? "hideKeyboard" : "showKeyboard"));
  }

  #answer(text) {
    this.#chat.send(text);
    if (!this.#markup?.one_time_keyboard) return;
    const held = this.keys.contains(this.element.getRootNode().activeElement);
    this.#openKeys(false);
    if (held) this.field.focus({ preventScroll: true });
  }

  #takeCommand(command) {
    this.field.value = "";
    this.#written();
    this.#chat.send(command);
    this.field.focus({ preventScroll: true });
  }

  #written() {
    this.sender.hidden = !this.field.value.trim();
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, TALLEST)}px`;
    const slash = /^\/(\w*)$/.exec(this.field.value);
    if (slash) this.menu.show(slash[1]);
    else this.menu.close();
  }

  #key(event) {
    if (this.menu.key(event) || event.isComposing) return;
    const last = event.key === "ArrowUp" && !this.field.value && !this.#aim ? this.#chat.lastWritten : null;
    if (event.key === "Enter" && !event.shiftKey) this.#send();
    else if (event.key === "Escape" && this.#aim) this.aim(null);
    else if (last) this.aim("edit", last);
    else return;
    event.preventDefault();
  }

  async #send() {
    const text = this.field.value.trim();
    if (!text) return;
    const aim = this.#aim;
    this.aim(null);
    this.field.value = "";
    this.#written();
    const sent = aim?.kind === "edit" ? this.#chat.edit(aim.message.message_id, text) : this.#chat.send(text, aim?.message.message_id);
    // A text that failed to send is restored, unless another has been typed meanwhile.
    if ((await sent) || this.field.value) return;
    if (aim) this.aim(aim.kind, aim.message);
    this.field.value = text;
    this.#written();
  }

  #markMenu(open, id) {
    this.opener.setAttribute("aria-expanded", String(open));
    if (id) this.field.setAttribute("aria-activedescendant", id);
    else this.field.removeAttribute("aria-activedescendant");
  }
}
