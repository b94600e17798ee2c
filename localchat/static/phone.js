// <chat-phone person="1" bot="pals_bot" label="Teacher">: a custom element, one person's phone with one bot's chat.
//
// The element reads a snapshot of the chat, subscribes to its events, renders both, and posts every action. It
// dispatches "chat-ready" when the chat is first rendered, "chat-message" {message} for each new message,
// "chat-answer" {answer} for a bot's answer to a press, and "chat-state" {state} when the connection state changes.

import { Composer } from "./composer.js";
import { Overlay, showPicture } from "./dialogs.js";
import { initials, make } from "./elements.js";
import { joinParameter, openable } from "./links.js";
import { MessageLog } from "./log.js";
import { dropdown, messageMenu } from "./menus.js";
import { t } from "./messages.js";
import { PinBar } from "./pins.js";
import { bots, Chat, people } from "./server.js";
import { Stream } from "./stream.js";

const STYLES = ["palette.css", "phone.css", "bubbles.css", "formatting.css", "media.css", "composer.css", "dialogs.css"];
const TYPING_FOR = 6000; // milliseconds until the typing indicator expires

const LOOK_AGAIN = 1000; // retry interval in milliseconds while the person or bot does not exist
const ANSWER_WITHIN = 10_000; // timeout of a press in milliseconds

const waitKey = (id, data) => `${id} ${data}`;

async function sheet(name) {
  const styles = new CSSStyleSheet();
  styles.replaceSync(await (await fetch(new URL(name, import.meta.url))).text());
  return styles;
}

const styles = await Promise.all(STYLES.map(sheet));

export class ChatPhone extends HTMLElement {
  static observedAttributes = ["person", "bot", "label", "time-zone"];

  #chat = null;
  #stream = null;
  #waiting = new Map(); // pending presses by message and data, each with its timeout
  #blocked = false;
  #started = true;
  #typing = null;
  #opening = 0;

  name = "";

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = styles;
    this.log = new MessageLog(this);
    this.composer = new Composer(this);
    this.#build();
  }

  #build() {
    this.caption = make("h2", { class: "caption", id: "caption", part: "caption" });
    this.avatar = make("span", { class: "avatar", "aria-hidden": "true" });
    this.botName = make("p", { class: "bot-name", dir: "auto" });
    this.status = make("p", { class: "status" });
    const options = dropdown(t("options"), "more", () => [
      this.#blocked
        ? { text: t("unblock"), act: () => this.unblock() }
        : { text: t("block", { name: this.name }), act: () => this.#askBlock() },
    ]);
    const header = make("header", {}, this.avatar, make("div", { class: "who" }, this.botName, this.status), options);
    this.pins = new PinBar(this.log);
    this.hint = make("p", { class: "hint", hidden: true });
    this.log.element.prepend(this.hint);
    messageMenu(t("message"), this.log.element, this.log.list, (id) => this.#choices(this.log.get(id)));
    this.screen = make("div", { class: "screen" }, header, this.pins.element, this.log.element, this.composer.element);
    this.overlay = new Overlay(this.screen);
    this.log.element.append(this.overlay.toasts);
    const frame = make("div", { class: "frame", part: "frame" }, this.screen, this.overlay.element);
    this.shadowRoot.append(make("section", { class: "phone", "aria-labelledby": "caption" }, this.caption, frame));
  }

  connectedCallback() {
    this.#connect();
  }

  disconnectedCallback() {
    this.#stream?.close();
    this.#stream = null;
  }

  attributeChangedCallback(_name, before, now) {
    if (before !== now && this.isConnected && this.shadowRoot) this.#connect();
  }

  /** The time zone of the times shown; the browser's by default. */
  get zone() {
    return this.getAttribute("time-zone");
  }

  get bot() {
    return this.#chat?.bot ?? null;
  }

  async #connect() {
    const opening = (this.#opening += 1);
    this.#stream?.close();
    this.log.clear();
    this.#state("connecting");
    const found = await this.#find().catch(() => null);
    if (opening !== this.#opening || !this.isConnected) return;
    this.composer.element.hidden = !found;
    if (!found) {
      setTimeout(() => opening === this.#opening && this.isConnected && this.#connect(), LOOK_AGAIN);
      return;
    }
    const { person, bot } = found;
    this.name = bot.name;
    this.botName.textContent = bot.name;
    this.avatar.textContent = initials(bot.name);
    const who = [this.getAttribute("label"), [person.first_name, person.last_name].filter(Boolean).join(" ")];
    this.caption.replaceChildren(
      make("span", { class: "name", dir: "auto" }, who[1]),
      who[0] ? make("span", { class: "label" }, who[0]) : "",
    );
    this.caption.setAttribute("aria-label", [who[0], t("phoneOf", { name: who[1] })].filter(Boolean).join(": "));
    this.log.list.setAttribute("aria-label", t("conversation", { name: bot.name }));
    this.log.list.lang = person.language_code ?? "";
    this.#chat = new Chat(this.getAttribute("person"), bot.username);
    this.#stream = new Stream(this.#chat, {
      chat: (chat) => this.#showChat(chat),
      event: (kind, data) => this.#happened(kind, data),
      state: (state) => this.#state(state),
      gone: (error) => this.#note(error.message),
    });
  }

  async #find() {
    const [everyone, every] = await Promise.all([people(), bots()]);
    const person = everyone.find(({ id }) => String(id) === this.getAttribute("person"));
    const wanted = this.getAttribute("bot")?.toLowerCase();
    const bot = wanted ? every.find(({ username }) => username.toLowerCase() === wanted) : every[0];
    this.#note(person ? (bot ? null : t("noBot")) : t("noPerson"));
    return person && bot ? { person, bot } : null;
  }

  #showChat(chat) {
    const first = this.getAttribute("state") !== "live";
    this.#started = chat.started;
    this.#blocked = chat.blocked;
    this.log.replace(chat.messages);
    this.composer.commands = chat.commands;
    this.composer.menuButton = chat.menu_button;
    this.composer.keyboard = chat.keyboard;
    this.pins.ids = chat.pinned;
    this.#setTyping(chat.typing);
    this.#gate();
    if (first) this.#tell("chat-ready", {});
  }

  #happened(kind, data) {
    if (kind === "message") {
      this.#started ||= Boolean(data.out);
      this.#setTyping(false);
      this.log.put(data);
      this.#gate();
      this.#tell("chat-message", { message: data });
    } else if (kind === "edit") this.log.put(data);
    else if (kind === "delete") this.log.remove(data.message_id);
    else if (kind === "keyboard") this.composer.keyboard = data;
    else if (kind === "commands") this.composer.commands = data;
    else if (kind === "menu_button") this.composer.menuButton = data;
    else if (kind === "answer") {
      this.#settle(data.message_id, data.data);
      this.#answered(data);
    } else if (kind === "pin") this.pins.ids = data;
    else if (kind === "typing") this.#setTyping(data);
    else if (kind === "blocked") {
      this.#blocked = data;
      this.#gate();
    }
    if (kind === "edit" || kind === "delete") this.pins.draw();
  }

  // ---- actions, called by the parts of the phone

  /** Sends a text, optionally as a reply; returns whether it succeeded. */
  send(text, replyTo) {
    return this.#try(() => this.#chat.write(text, replyTo));
  }

  /** Edits a text of the person's own; returns whether it succeeded. */
  edit(messageId, text) {
    return this.#try(() => this.#chat.edit(messageId, text));
  }

  /** The newest text of the person's own, or undefined. */
  get lastWritten() {
    return this.log.newest((message) => message.out && message.text !== undefined);
  }

  #choices(message) {
    const words = message.text ?? message.caption;
    return [
      !this.#blocked && { text: t("reply"), act: () => this.composer.aim("reply", message) },
      words && { text: t("copyText"), act: () => this.copy(words) },
      !this.#blocked && message.out && message.text && { text: t("edit"), act: () => this.composer.aim("edit", message) },
    ].filter(Boolean);
  }

  /** Presses Start, with the parameter of a join link if any. */
  start(parameter) {
    return this.#try(() => this.#chat.start(parameter));
  }

  /** Handles a URL: true when it was a join link for this phone, false when it is for the browser. */
  open(target) {
    const parameter = joinParameter(target, this.bot);
    if (parameter === null) return false;
    if (parameter || !this.#started) this.start(parameter);
    return true;
  }

  /** Opens a URL on this phone, or in a new browser window. */
  visit(target) {
    const href = openable(target);
    if (!this.open(target) && href) window.open(href, "_blank", "noopener");
  }

  /** Presses a message's button by its data. It is busy until the bot answers or the press times out. */
  async press(message, data) {
    const id = message.message_id;
    const streaming = this.#stream.streaming;
    this.#waiting.set(waitKey(id, data), setTimeout(() => this.#settle(id, data), ANSWER_WITHIN));
    const went = await this.#try(async () => {
      // With an event stream the answer is an event, and the request need not wait for it.
      const { answer } = await this.#chat.press(id, data, streaming ? 0 : ANSWER_WITHIN / 1000);
      if (answer && !streaming) this.#answered(answer);
    });
    if (!went || !streaming) this.#settle(id, data);
  }

  /** Whether a press is pending. */
  waiting(message, data) {
    return this.#waiting.has(waitKey(message.message_id, data));
  }

  #settle(id, data) {
    clearTimeout(this.#waiting.get(waitKey(id, data)));
    this.#waiting.delete(waitKey(id, data));
    this.log.settle(id, data);
  }

  /** Shares a contact or a location, for a key of the reply keyboard. */
  share(kind) {
    return this.#try(() => this.#chat.send(kind));
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      this.overlay.toast(t("copied"));
    } catch {
      this.overlay.alert(t("notCopied", { text }));
    }
  }

  show(source, words) {
    showPicture(this.shadowRoot, source, words);
  }

  goTo(id) {
    this.log.goTo(id);
  }

  unblock() {
    return this.#try(() => this.#chat.unblock());
  }

  /** Reads a new snapshot of the chat, such as after many changes at once. */
  refresh() {
    return this.#stream?.refresh();
  }

  // ---- rendering

  async #try(act) {
    try {
      await act();
      if (!this.#stream.streaming) await this.refresh();
      return true;
    } catch (error) {
      this.overlay.toast(t("notSent", { reason: error.status ? error.message : t("noServer") }));
      return false;
    }
  }

  async #askBlock() {
    const sure = await this.overlay.ask(t("blockAsk", { name: this.name }), [
      { label: t("cancel"), value: false },
      { label: t("blockYes"), value: true, danger: true },
    ]);
    if (sure) await this.#try(() => this.#chat.block());
  }

  #answered(answer) {
    if (answer.url) this.visit(answer.url);
    if (answer.text) answer.show_alert ? this.overlay.alert(answer.text) : this.overlay.toast(answer.text);
    this.#tell("chat-answer", { answer });
  }

  #gate() {
    this.composer.state = this.#blocked ? "blocked" : this.#started ? "open" : "start";
    this.#note(this.log.empty ? t(this.#started ? "empty" : "notStarted") : null);
  }

  #note(words) {
    this.hint.hidden = !words;
    this.hint.textContent = words ?? "";
  }

  #setTyping(on) {
    clearTimeout(this.#typing);
    this.#typing = on ? setTimeout(() => this.#setTyping(false), TYPING_FOR) : null;
    this.#showStatus();
  }

  #state(state) {
    const changed = this.getAttribute("state") !== state;
    this.setAttribute("state", state);
    this.#showStatus();
    if (changed) this.#tell("chat-state", { state });
  }

  #showStatus() {
    const live = this.getAttribute("state") === "live";
    this.status.textContent = live ? t(this.#typing ? "typing" : "bot") : t("connecting");
    this.status.classList.toggle("busy", !live || Boolean(this.#typing));
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

if (!customElements.get("chat-phone")) customElements.define("chat-phone", ChatPhone);
