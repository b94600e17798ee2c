// The join page of a deep link: choose a person, press Start on their phone, and show it.

import "./phone.js";
import { initials, make } from "./elements.js";
import { t, translate } from "./messages.js";
import { nameOf, personForm } from "./people.js";
import { bots, Chat, people } from "./server.js";

const username = decodeURIComponent(location.pathname.split("/")[2] ?? "");
const parameter = new URLSearchParams(location.search).get("start") ?? "";
const card = document.querySelector(".card");
const explain = card.querySelector(".explain");

/** Presses Start on the person's phone and shows it. */
async function openOn(person, bot) {
  try {
    await new Chat(person.id, bot.username).start(parameter);
  } catch (error) {
    explain.textContent = error.status ? t("notSent", { reason: error.message }) : t("noServer");
    return;
  }
  const said = t("joinDone", { name: nameOf(person) });
  const phone = make("chat-phone", { person: person.id, bot: bot.username });
  const words = make("p", { class: "unseen", role: "status" });
  const all = make("a", { class: "all", href: "/" }, t("allPhones"));
  card.replaceWith(make("main", { class: "opened", tabindex: -1 }, words, phone, all));
  words.textContent = said;
  document.querySelector(".opened").focus();
}

function offer(bot, everyone) {
  const choices = everyone.map((person) =>
    make(
      "li",
      {},
      make(
        "button",
        { type: "button", class: "choice", onclick: () => openOn(person, bot) },
        make("span", { class: "avatar small", "aria-hidden": "true" }, initials(nameOf(person))),
        make("span", {}, t("joinOn", { name: nameOf(person) })),
      ),
    ),
  );
  card.querySelector(".choices").replaceChildren(...choices);
  const fresh = card.querySelector(".new");
  fresh.append(personForm(t("joinAdd"), (person) => openOn(person, bot)));
  fresh.hidden = false;
}

translate(document);
document.title = t("joinTitle");
try {
  const [every, everyone] = await Promise.all([bots(), people()]);
  const bot = every.find((one) => one.username.toLowerCase() === username.toLowerCase());
  card.querySelector(".avatar").textContent = bot ? initials(bot.name) : "?";
  explain.textContent = bot ? t("joinExplain", { name: bot.name }) : t("joinNoBot", { name: username });
  if (bot && parameter) card.querySelector(".code").textContent = t("joinCode", { code: parameter });
  if (bot) offer(bot, everyone);
} catch {
  explain.textContent = t("noServer");
}
