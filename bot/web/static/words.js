// What the demo's page itself says, in English and Norwegian. What stands on the phones is the bot's.

const ENGLISH = {
  demo: "PALS demo",
  title: "{school} – PALS demo",
  clock: "The demo’s clock:",
  coming: "What comes next",
  jumps: "Go further",
  phones: "Phones",
  go: "Go there",
  goTo: "Go there: {when}, {what} {to}",
  jumpTo: "{name}: {when}",
  day: "Next school day",
  week: "{weekday} morning",
  month: "{month} begins",
  leader: "Leader",
  team: "PALS team",
  staff: "Teacher {groups}",
  advisor: "Advisor",
  owner: "School owner",
  family: "Family {groups} · {speaks}",
  hint: "Time passes by itself. Tap on the phones, or go to what comes next.",
  nothing: "Nothing more is planned in the school’s calendar.",
  going: "On the way to {when} …",
  arrived: "It is {when}. Sent on the way: {list}.",
  many: "It is {when}. {n} messages were sent on the way.",
  quiet: "It is {when}. Nothing was due on the way.",
  piece: "{what} ({n})",
  sent: "Sent ({n})",
  line: "{what}: {n} sent",
  failed: "{n} not delivered",
  waiting: "{n} on the way",
  early: "The demo is being set up …",
  busy: "The demo is on its way already. Wait until it has arrived.",
  backwards: "The demo’s clock only goes forward.",
  lost: "The demo does not answer. Is it still running?",
  refused: "That was not possible: {why}",
  other: "Message",
  to: {
    staff: ["to {n} member of staff", "to {n} staff"],
    families: ["to {n} family", "to {n} families"],
    team: ["to {n} in the team", "to {n} in the team"],
    leaders: ["to {n} leader", "to {n} leaders"],
    readers: ["to {n} reader", "to {n} readers"],
  },
};

const NORWEGIAN = {
  demo: "PALS-demo",
  title: "{school} – PALS-demo",
  clock: "Klokka i demoen:",
  coming: "Det neste som skjer",
  jumps: "Gå lenger",
  phones: "Telefoner",
  go: "Gå dit",
  goTo: "Gå dit: {when}, {what} {to}",
  jumpTo: "{name}: {when}",
  day: "Neste skoledag",
  week: "{weekday} morgen",
  month: "{month} begynner",
  leader: "Leder",
  team: "PALS-team",
  staff: "Lærer {groups}",
  advisor: "Veileder",
  owner: "Skoleeier",
  family: "Familie {groups} · {speaks}",
  hint: "Tida går av seg selv. Trykk på telefonene, eller gå til det neste som skjer.",
  nothing: "Det er ikke planlagt mer i skolens kalender.",
  going: "På vei til {when} …",
  arrived: "Nå er det {when}. Sendt på veien: {list}.",
  many: "Nå er det {when}. {n} meldinger ble sendt på veien.",
  quiet: "Nå er det {when}. Ingenting skulle sendes på veien.",
  piece: "{what} ({n})",
  sent: "Sendt ({n})",
  line: "{what}: {n} sendt",
  failed: "{n} kom ikke fram",
  waiting: "{n} på vei",
  early: "Demoen gjøres klar …",
  busy: "Demoen er allerede på vei. Vent til den er framme.",
  backwards: "Klokka i demoen går bare framover.",
  lost: "Demoen svarer ikke. Kjører den fortsatt?",
  refused: "Det gikk ikke: {why}",
  other: "Melding",
  to: {
    staff: ["til {n} ansatt", "til {n} ansatte"],
    families: ["til {n} familie", "til {n} familier"],
    team: ["til {n} i teamet", "til {n} i teamet"],
    leaders: ["til {n} leder", "til {n} ledere"],
    readers: ["til {n} mottaker", "til {n} mottakere"],
  },
};

/** The page's own language: Norwegian for any kind of Norwegian, else English. */
export const locale = /^(nb|nn|no)\b/.test(navigator.language) ? "nb" : "en";

const words = locale === "nb" ? NORWEGIAN : ENGLISH;
const formats = locale === "nb" ? "nb-NO" : "en-GB";
const list = new Intl.ListFormat(formats, { type: "conjunction" });

function filled(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** The page's sentence for a key, with {names} filled in. */
export function t(key, values = {}) {
  return filled(words[key], values);
}

/** Whether there is a sentence for a key. */
export function knows(key) {
  return typeof words[key] === "string";
}

let kinds = {};

/** The kinds of messages as the bot declares them: by code, what each is called and to whom it goes. */
export function declare(declared) {
  kinds = declared;
}

/** What a kind of message is called. */
export function kind(code) {
  return kinds[code]?.[locale] ?? words.other;
}

/** To how many of whom it goes: "to 60 staff". */
export function to(code, n) {
  const [one, many] = words.to[kinds[code]?.to ?? "readers"];
  return filled(n === 1 ? one : many, { n });
}

/** Words in a row: "a, b and c". */
export function listed(items) {
  return list.format(items);
}

/** How the school's wall says a moment: `day` "Monday 26 October", `short` "Mon 26 Oct", `weekday`, `month`, `clock`, `seconds`. */
export function wall(zone) {
  const format = (options) => {
    const made = new Intl.DateTimeFormat(formats, { timeZone: zone, ...options });
    return (moment) => made.format(moment);
  };
  const clock = { hour: "2-digit", minute: "2-digit" };
  return {
    day: format({ weekday: "long", day: "numeric", month: "long" }),
    short: format({ weekday: "short", day: "numeric", month: "short" }),
    weekday: format({ weekday: "long" }),
    month: format({ month: "long" }),
    clock: format(clock),
    seconds: format({ ...clock, second: "2-digit" }),
  };
}

/** Fills in every element marked data-t="key" with its sentence. */
export function translate(root) {
  document.documentElement.lang = locale;
  for (const element of root.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
}
