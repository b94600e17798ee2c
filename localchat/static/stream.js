// Server-sent events of a chat (EventSource), with reconnect. A browser opens only six connections to one server, so
// at most four phones hold a stream; further ones poll every second, and a hidden page holds none.

const STREAMS = 4;
const READ_EVERY = 1000; // polling interval in milliseconds without a stream
const FIRST_WAIT = 400; // first backoff in milliseconds; doubled up to LONGEST_WAIT
const LONGEST_WAIT = 6000;
const KINDS = ["message", "edit", "delete", "keyboard", "commands", "menu_button", "answer", "pin", "typing", "blocked"];

let open = 0;

/**
 * Subscribes to one chat until it is closed.
 * `on.chat(chat)` gets a snapshot, first and after every reconnect; `on.event(kind, data)` the events after it;
 * `on.state(state)` "live" or "connecting"; `on.gone(error)` when the chat does not exist.
 */
export class Stream {
  #chat;
  #on;
  #source = null;
  #timer = null;
  #wait = FIRST_WAIT;
  #closed = false;
  #waiting = null; // events buffered while the snapshot is being read
  #turn = 0;
  #reading = 0;
  #anew = () => this.#restart();

  constructor(chat, on) {
    this.#chat = chat;
    this.#on = on;
    document.addEventListener("visibilitychange", this.#anew);
    window.addEventListener("online", this.#anew);
    this.#restart();
  }

  close() {
    this.#closed = true;
    document.removeEventListener("visibilitychange", this.#anew);
    window.removeEventListener("online", this.#anew);
    this.#drop();
  }

  get streaming() {
    return this.#source?.readyState === EventSource.OPEN;
  }

  /** Reads a new snapshot of the chat. */
  refresh() {
    return this.#read();
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#turn += 1;
    this.#waiting = null;
    if (!this.#source) return;
    this.#source.close();
    this.#source = null;
    open -= 1;
  }

  #restart() {
    this.#drop();
    if (this.#closed || document.hidden) return;
    if (open < STREAMS) this.#listen();
    else this.#poll();
  }

  #listen() {
    open += 1;
    const source = new EventSource(this.#chat.events);
    this.#source = source;
    source.addEventListener("open", () => this.#read());
    source.addEventListener("error", () => this.#later());
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        const data = event.data ? JSON.parse(event.data) : null;
        if (this.#waiting) this.#waiting.push([kind, data]);
        else this.#on.event(kind, data);
      });
    }
  }

  async #poll() {
    await this.#read();
    if (this.#closed || this.#source) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#restart(), READ_EVERY);
  }

  async #read() {
    const turn = this.#turn;
    const reading = (this.#reading += 1);
    const events = (this.#waiting ??= []);
    try {
      const chat = await this.#chat.read();
      if (turn !== this.#turn || reading !== this.#reading) return;
      this.#waiting = null;
      this.#wait = FIRST_WAIT;
      this.#on.chat(chat);
      this.#on.state("live");
      for (const [kind, data] of events) this.#on.event(kind, data);
    } catch (error) {
      if (turn !== this.#turn || reading !== this.#reading) return;
      this.#waiting = null;
      if (error.status === 404 || error.status === 400) {
        this.#drop();
        this.#on.gone(error);
      } else this.#later();
    }
  }

  #later() {
    if (this.#closed) return;
    this.#on.state("connecting");
    this.#drop();
    this.#timer = setTimeout(() => this.#restart(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }
}
