// The index page: the phones of ?people=1,2 (default: all) side by side, and a form that adds a person.

import "./phone.js";
import { make } from "./elements.js";
import { t, translate } from "./messages.js";
import { nameOf, personForm } from "./people.js";
import { people } from "./server.js";

const LOOK_EVERY = 5000; // polling interval for new people in milliseconds

const query = new URLSearchParams(location.search);
const phones = document.querySelector(".phones");
const names = document.querySelector(".people ul");
const opener = document.querySelector(".add");
const fresh = document.querySelector(".new");
let chosen = query.has("people") ? query.get("people").split(",").filter(Boolean) : null;
let shown = "";
const inView = new IntersectionObserver(markInView, { root: phones, threshold: 0.6 });

translate(document);
document.title = t("title");

/** Renders these people's phones; existing ones are kept. */
function showPhones(everyone) {
  const wanted = everyone.filter(({ id }) => !chosen || chosen.includes(String(id)));
  const standing = new Map([...phones.querySelectorAll("chat-phone")].map((phone) => [phone.getAttribute("person"), phone]));
  for (const [id, phone] of standing) if (!wanted.some((person) => String(person.id) === id)) phone.remove();
  for (const { id } of wanted) {
    if (standing.has(String(id))) continue;
    const phone = make("chat-phone", { person: id, bot: query.get("bot"), "time-zone": query.get("zone") });
    phones.append(phone);
    inView.observe(phone);
  }
  phones.querySelector(".nobody")?.remove();
  if (!wanted.length) phones.append(make("p", { class: "nobody" }, t("nobody")));
  if (!everyone.length) openForm(true);
}

function showNames(everyone) {
  names.replaceChildren(
    ...everyone.map((person) => {
      const id = String(person.id);
      const on = !chosen || chosen.includes(id);
      const toggle = make("button", { type: "button", class: "chip", "data-person": id, "aria-pressed": String(on), "aria-label": t("show", { name: nameOf(person) }) });
      toggle.append(make("span", { dir: "auto" }, nameOf(person)));
      toggle.addEventListener("click", () => choose(everyone, id));
      return make("li", {}, toggle);
    }),
  );
}

/** Marks the names of the visible phones, and scrolls to the last of them. */
function markInView(changes) {
  for (const { target, isIntersecting } of changes) {
    const chip = names.querySelector(`[data-person="${CSS.escape(target.getAttribute("person"))}"]`);
    chip?.classList.toggle("seen", isIntersecting);
    if (isIntersecting) chip?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

/** A click on a name scrolls to its phone on a small screen, and shows or hides it on a large one. */
function choose(everyone, id) {
  const standing = phones.querySelector(`chat-phone[person="${CSS.escape(id)}"]`);
  if (standing && window.matchMedia("(width <= 520px)").matches) {
    standing.scrollIntoView({ inline: "center", block: "nearest" });
    return;
  }
  const now = chosen ?? everyone.map((person) => String(person.id));
  show(everyone, now.includes(id) ? now.filter((other) => other !== id) : [...now, id]);
  names.querySelectorAll("button")[everyone.findIndex((person) => String(person.id) === id)].focus();
}

function show(everyone, ids) {
  chosen = ids.length === everyone.length ? null : ids;
  if (chosen) query.set("people", chosen.join(","));
  else query.delete("people");
  const search = query.toString().replaceAll("%2C", ",");
  history.replaceState(null, "", search ? `?${search}` : location.pathname);
  draw(everyone);
}

function draw(everyone) {
  showNames(everyone);
  showPhones(everyone);
}

async function look() {
  const everyone = await people().catch(() => null);
  if (!everyone || JSON.stringify(everyone) === shown) return;
  shown = JSON.stringify(everyone);
  draw(everyone);
}

function openForm(open) {
  fresh.hidden = !open;
  opener.setAttribute("aria-expanded", String(open));
  if (open) fresh.querySelector("input").focus();
}

fresh.append(
  personForm(t("add"), async (person) => {
    openForm(false);
    if (chosen) chosen.push(String(person.id));
    await look();
    phones.querySelector(`chat-phone[person="${person.id}"]`)?.scrollIntoView({ inline: "center", block: "nearest" });
  }),
);
fresh.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  openForm(false);
  opener.focus();
});
opener.addEventListener("click", () => openForm(fresh.hidden));

await look();
setInterval(() => document.hidden || look(), LOOK_EVERY);
