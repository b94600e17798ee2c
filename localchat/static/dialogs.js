// Overlays of a phone: toasts, modal dialogs, and the picture viewer.

import { button, icon, make } from "./elements.js";
import { t } from "./messages.js";

/** The overlays of one phone: `element` covers its screen, `toasts` its messages. */
export class Overlay {
  #screen;
  #leave = null;

  constructor(screen) {
    this.#screen = screen;
    this.toasts = make("div", { class: "toasts", role: "status", "aria-live": "polite" });
    this.element = make("div", { class: "overlay" });
  }

  /** Shows a toast, for a time that depends on its length. */
  toast(text) {
    const shown = make("p", { class: "toast", dir: "auto" }, text);
    this.toasts.replaceChildren(shown);
    setTimeout(() => shown.remove(), Math.min(3000 + text.length * 50, 10000));
  }

  /** Shows an alert; the promise resolves when it is closed. */
  alert(text) {
    return this.ask(text, [{ label: t("ok"), value: true }]);
  }

  /** Opens a dialog; resolves to the value of the chosen button, or null after Esc. It replaces an open dialog. */
  ask(text, choices) {
    this.#leave?.(null);
    const root = this.#screen.getRootNode();
    const before = root.activeElement;
    const elsewhere = !before && document.activeElement && document.activeElement !== document.body && document.activeElement !== root.host;
    return new Promise((resolve) => {
      const keys = choices.map(({ label, value, danger }) =>
        button({ class: danger ? "choice danger" : "choice", onclick: () => this.#leave(value) }, label),
      );
      const words = make("p", { class: "question", id: "question", dir: "auto" }, text);
      const box = make("div", { class: "dialog", role: "alertdialog", "aria-labelledby": "question" }, words, make("div", { class: "choices" }, keys));
      const shade = make("div", { class: "shade" }, box);
      shade.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        this.#leave(null);
      });
      this.#leave = (value) => {
        this.#leave = null;
        const held = shade.contains(root.activeElement);
        shade.remove();
        this.#screen.inert = false;
        if (held) (before?.isConnected ? before : this.#screen.querySelector("textarea"))?.focus({ preventScroll: true });
        resolve(value);
      };
      this.element.append(shade);
      this.#screen.inert = true;
      // The focus is not stolen from another phone on the page.
      if (!elsewhere) keys[0].focus({ preventScroll: true });
    });
  }
}

/** Shows a picture full screen, until Esc, a click or the close button. */
export function showPicture(root, source, words) {
  const image = make("img", { src: source, alt: words });
  const close = button({ class: "close", "aria-label": t("close"), onclick: () => viewer.close() }, icon("close"));
  const viewer = make("dialog", { class: "viewer", "aria-label": words }, image, close);
  viewer.addEventListener("click", (event) => event.target !== close && viewer.close());
  viewer.addEventListener("close", () => viewer.remove());
  root.append(viewer);
  viewer.showModal();
}
