// The demo's page: the strip with the time and what comes next, and the phones under it.
//
// The server's state is drawn as it is; between two readings only the clock runs on. "Go there" asks the server to
// take the time to a later moment, and while it is on the way the state is read often, so that the clock is seen to run.

import "/static/phone.js";
import { declare, kind, knows, listed, t, to, translate, wall } from "./words.js";

const READ_EVERY = 4000; // milliseconds between readings while nothing special happens
const READ_ON_THE_WAY = 250;
const LOG_LINES = 12;
const LISTED = 3; // more than this many that were sent on the way are summed up; the log has each

const find = (selector) => document.querySelector(selector);
const strip = find(".strip");
const phones = find(".phones");
const tabs = find(".tabs");
const said = find(".said");

let clock = null; // the wall of the school's zone
let ahead = 0; // the demo's time is this many milliseconds ahead of performance.now()
let busy = false;
let walking = false;
let nextAt = Infinity;
let timer = null;
let drawn = "";

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

const when = (moment) => `${clock.day(moment)} ${clock.clock(moment)}`;
const shortly = (moment) => `${clock.short(moment)} ${clock.clock(moment)}`;
const capital = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

// ---- what the server says

async function ask(path, body) {
  const answer = await fetch(`/demo/${path}`, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.description), { code: said.code });
  return said;
}

async function read() {
  clearTimeout(timer);
  try {
    show(await ask("state"));
  } catch (error) {
    if (!walking) say(error.code ? reason(error) : t("lost"));
  }
  clearTimeout(timer);
  timer = setTimeout(read, walking || busy ? READ_ON_THE_WAY : READ_EVERY);
}

/** Goes there, and says what happened on the way. */
async function go(body, until) {
  if (walking || busy) return;
  walking = true;
  setBusy(true);
  say(t("going", { when: when(until) }));
  read();
  try {
    const state = await ask("go", body);
    walking = false;
    show(state);
    say(told(state));
    for (const row of [find(".moves"), find(".due")]) row.scrollLeft = 0;
  } catch (error) {
    walking = false;
    say(error.code ? reason(error) : t("lost"));
  }
  read();
}

function reason(error) {
  return knows(error.code) ? t(error.code) : t("refused", { why: error.message });
}

function told({ now, happened }) {
  const moment = new Date(now);
  const went = happened.filter(({ sent }) => sent > 0);
  if (!went.length) return t("quiet", { when: when(moment) });
  if (went.length > LISTED) return t("many", { when: when(moment), n: went.reduce((sum, { sent }) => sum + sent, 0) });
  return t("arrived", { when: when(moment), list: listed(went.map(({ kind: code, sent }) => t("piece", { what: kind(code), n: sent }))) });
}

// ---- what is shown

function show(state) {
  clock ??= wall(state.zone);
  declare(state.kinds);
  ahead = Date.parse(state.now) - performance.now();
  nextAt = state.next.length ? Date.parse(state.next[0].at) : Infinity;
  setBusy(state.busy || walking);
  tick();
  const { now: _now, busy: _busy, happened: _happened, ...rest } = state;
  const seen = JSON.stringify(rest);
  if (seen === drawn) return;
  drawn = seen;
  find(".school").textContent = state.school;
  document.title = t("title", { school: state.school });
  showComing(state.next);
  showJumps(state.jumps);
  showLog(state.log);
  showPhones(state);
  if (!said.textContent) say(t("hint"));
}

function tick() {
  if (!clock) return;
  const moment = new Date(ahead + performance.now());
  const [day, at] = [capital(clock.day(moment)), clock.seconds(moment)];
  if (find(".day").textContent !== day) find(".day").textContent = day;
  if (find(".at").textContent !== at) find(".at").textContent = at;
  find(".now time").setAttribute("datetime", moment.toISOString().slice(0, 19) + "Z");
  if (!busy && moment.getTime() > nextAt + 1500) {
    nextAt = Infinity;
    read();
  }
}

function setBusy(now) {
  busy = now;
  strip.toggleAttribute("data-busy", now);
  for (const button of strip.querySelectorAll(".moves button")) button.setAttribute("aria-disabled", String(now));
}

function say(words) {
  if (said.textContent !== words) said.textContent = words;
}

/** Puts new children in place of the old and keeps the focus at the same place in the row. */
function replace(parent, children) {
  const held = [...parent.querySelectorAll("button")].indexOf(document.activeElement);
  parent.replaceChildren(...children);
  if (held >= 0) (parent.querySelectorAll("button")[held] ?? parent.querySelector("button"))?.focus({ preventScroll: true });
}

function mover(words, label, body, moment) {
  return make("button", { type: "button", "aria-label": label, "aria-disabled": String(busy), click: () => go(body, moment) }, words);
}

function showComing(next) {
  const items = next.map(({ at, kind: code, readers }, place) => {
    const moment = new Date(at);
    const names = { when: when(moment), what: kind(code), to: to(code, readers) };
    return make(
      "li",
      { "data-kind": code },
      make("p", { class: "when" }, make("time", { datetime: at }, capital(shortly(moment))), ` · ${names.to}`),
      make("p", { class: "what" }, names.what),
      mover(t("go"), t("goTo", names), { next: place + 1 }, moment),
    );
  });
  replace(find(".due"), items.length ? items : [make("li", { class: "nothing" }, t("nothing"))]);
}

function showJumps(jumps) {
  const items = jumps.map(({ to: goal, at }) => {
    const moment = new Date(at);
    const name = t(goal, { weekday: capital(clock.weekday(moment)), month: capital(clock.month(moment)) });
    const words = [make("span", {}, name), make("small", {}, shortly(moment))];
    const button = mover("", t("jumpTo", { name, when: when(moment) }), { until: at }, moment);
    button.append(...words);
    return make("li", { "data-jump": goal }, button);
  });
  replace(find(".jumps ul"), items);
}

function showLog(log) {
  find(".log").hidden = !log.length;
  find(".log summary").textContent = t("sent", { n: log.reduce((sum, { sent }) => sum + sent, 0) });
  const lines = log.slice(-LOG_LINES).reverse();
  find(".log ol").setAttribute("start", String(log.length));
  find(".log ol").replaceChildren(
    ...lines.map(({ at, kind: code, sent, waiting, failed }) =>
      make(
        "li",
        {},
        make("time", { datetime: at }, shortly(new Date(at))),
        " ",
        [t("line", { what: kind(code), n: sent }), waiting && t("waiting", { n: waiting }), failed && t("failed", { n: failed })].filter(Boolean).join(", "),
      ),
    ),
  );
}

// ---- the phones, and on a small screen the names that bring each into view

const inView = new IntersectionObserver(
  (changes) => {
    for (const { target, isIntersecting } of changes) {
      const tab = tabs.querySelector(`[data-person="${CSS.escape(target.getAttribute("person"))}"]`);
      if (isIntersecting) tab?.setAttribute("aria-current", "true");
      else tab?.removeAttribute("aria-current");
      if (isIntersecting) tab?.removeAttribute("data-news");
    }
  },
  { root: phones, threshold: 0.6 },
);

function showPhones(state) {
  if (phones.childElementCount) return;
  for (const { person, role, groups, speaks } of state.phones) {
    const label = t(role, { groups: listed(groups), speaks });
    const phone = make("chat-phone", { person, bot: state.bot, label, "time-zone": state.zone });
    const tab = make("button", { type: "button", "data-person": person, click: () => bring(phone) }, label);
    phones.append(phone);
    tabs.append(tab);
    inView.observe(phone);
  }
}

function bring(phone) {
  const smooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  phone.scrollIntoView({ behavior: smooth ? "smooth" : "instant", inline: "center", block: "nearest" });
}

phones.addEventListener("chat-message", ({ target, detail }) => {
  const tab = tabs.querySelector(`[data-person="${CSS.escape(target.getAttribute("person"))}"]`);
  if (!detail.message.out && !tab?.hasAttribute("aria-current")) tab?.setAttribute("data-news", "");
});

document.addEventListener("keydown", (event) => {
  const log = find(".log");
  if (event.key !== "Escape" || !log.open) return;
  log.open = false;
  log.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  const log = find(".log");
  if (!log.contains(event.target)) log.open = false;
});

translate(document);
setInterval(tick, 250);
document.addEventListener("visibilitychange", () => document.hidden || read());
read();
