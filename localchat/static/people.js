// People: full names, and the form that adds a person.

import { make } from "./elements.js";
import { phoneLanguages, t } from "./messages.js";
import { addPerson } from "./server.js";

/** A person's full name. */
export const nameOf = (person) => [person.first_name, person.last_name].filter(Boolean).join(" ");

/** A form for a new person. `added(person)` is called after the server has created them. */
export function personForm(submitLabel, added) {
  const first = make("input", { name: "first_name", required: true, maxlength: 64, autocomplete: "off" });
  const last = make("input", { name: "last_name", maxlength: 64, autocomplete: "off" });
  const language = make("select", { name: "language_code" }, phoneLanguages.map((code) => make("option", { value: code }, t(code))));
  const failure = make("p", { class: "failure", role: "alert" });
  const field = (label, input) => make("label", {}, make("span", {}, t(label)), input);
  const submit = async (event) => {
    event.preventDefault();
    failure.textContent = "";
    const person = { first_name: first.value.trim(), language_code: language.value };
    if (last.value.trim()) person.last_name = last.value.trim();
    try {
      added(await addPerson(person));
      form.reset();
    } catch (error) {
      failure.textContent = error.status ? error.message : t("noServer");
    }
  };
  const form = make(
    "form",
    { class: "person", onsubmit: submit },
    field("firstName", first),
    field("lastName", last),
    field("language", language),
    make("button", { class: "strong", type: "submit" }, submitLabel),
    failure,
  );
  return form;
}
