// HTTP client of the chat server. Its origin is that of this module, so that the phone works cross-origin.

const ROOT = new URL("/sim/", import.meta.url);

/** An error response of the server, with its message. */
export class Refused extends Error {
  constructor(description, status) {
    super(description);
    this.status = status;
  }
}

async function call(path, body) {
  const answer = await fetch(
    new URL(path, ROOT),
    body === undefined
      ? { cache: "no-store" }
      : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) },
  );
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok || content?.ok === false) throw new Refused(content?.description ?? answer.statusText, answer.status);
  return content;
}

/** The absolute URL of a path from the server. */
export const address = (path) => new URL(path, ROOT).href;

export const bots = () => call("bots");
export const people = () => call("people");
export const addPerson = (person) => call("people", person);

/** One person's chat with one bot. */
export class Chat {
  constructor(person, bot) {
    this.person = person;
    this.bot = bot;
  }

  #path(verb) {
    return `people/${encodeURIComponent(this.person)}/${verb}`;
  }

  #asking(verb) {
    return this.#path(verb) + (this.bot ? `?bot=${encodeURIComponent(this.bot)}` : "");
  }

  #post(verb, body = {}) {
    return call(this.#path(verb), this.bot ? { bot: this.bot, ...body } : body);
  }

  read() {
    return call(this.#asking("chat"));
  }

  get events() {
    return address(this.#asking("events"));
  }

  write(text, replyTo) {
    return this.#post("text", { text, reply_to: replyTo });
  }

  edit(messageId, text) {
    return this.#post("edit", { message_id: messageId, text });
  }

  start(parameter) {
    return this.#post("start", parameter ? { parameter } : {});
  }

  /** Presses a button, with a timeout in seconds for the bot's answer. */
  press(messageId, data, wait) {
    return this.#post("press", { message_id: messageId, data, wait });
  }

  send(kind, content = {}) {
    return this.#post("send", { kind, ...content });
  }

  block() {
    return this.#post("block");
  }

  unblock() {
    return this.#post("unblock");
  }
}
