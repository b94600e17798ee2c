// Build DOM nodes. Text is only inserted as text nodes, so that no message can inject HTML (XSS).

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, event listeners (keys starting with "on") and children; empty values are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

/** A labelled button; its icon is hidden from screen readers. */
export function button(attributes, ...children) {
  return make("button", { type: "button", ...attributes }, ...children);
}

const PATHS = {
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12Zm7.5 1.5L20 4",
  down: "M6 9.5l6 6 6-6",
  menu: "M5 7h14M5 12h14M5 17h9",
  more: "M12 4.7a.6.6 0 1 0 0 1.200.6.6 0 0 0 0-1.200ZM12 11.400a.6.6 0 1 0 0 1.200.6.6 0 0 0 0-1.200ZM12 18.100a.6.6 0 1 0 0 1.200.6.6 0 0 0 0-1.200Z",
  keys: "M4 6h16v12H4zM8 10v.01M12 10v.01M16 10v.01M8.5 14.5h7",
  pin: "M9 4h6l-1 6 3 3v1.5H7V13l3-3-1-6Zm3 10.5V20",
  file: "M7 3.5h7l4 4v13H7zM14 3.5v4h4M12.5 11v5.5m-2.5-2.3 2.5 2.5 2.5-2.5",
  close: "M6 6l12 12M18 6 6 18",
  link: "M8 16 16.5 7.5M10 7h7v7",
  copy: "M9 9h10v11H9zM5 15V4h10",
  place: "M12 20.5S5.500 14.500 5.500 9.800a6.500 6.500 0 0 1 13 0c0 4.700-6.500 10.700-6.500 10.700Zm0-8.200a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600Z",
  person: "M12 12a3.800 3.800 0 1 0 0-7.600 3.800 3.800 0 0 0 0 7.600ZM4.800 20c.7-3.600 3.600-5.500 7.200-5.500s6.500 1.900 7.200 5.500",
  voice: "M12 14.500a3 3 0 0 0 3-3V7a3 3 0 0 0-6 0v4.500a3 3 0 0 0 3 3Zm-6-3a6 6 0 0 0 12 0M12 17.500V21",
  add: "M12 5v14M5 12h14",
};

/** An SVG icon, hidden from screen readers: its button has the accessible name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

const RIGHT_TO_LEFT = /[\u200f\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** The base direction (bidi) of a text: that of its first letter, or of a direction mark before it. */
export function direction(text) {
  const letter = /[\p{L}\u200e\u200f]/u.exec(text ?? "");
  return letter && RIGHT_TO_LEFT.test(letter[0]) ? "rtl" : "ltr";
}

/** The initials of a name, for the avatar. */
export function initials(name) {
  const words = (name ?? "").match(/[\p{L}\p{N}]+/gu) ?? [];
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...word][0].toLocaleUpperCase()).join("") || "•";
}
