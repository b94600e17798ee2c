"""Edit a school file in place: a round trip that keeps comments, quotes and the layout of what stays the same."""

import io
import re
from typing import Any

from ruamel.yaml import YAML

from bot.content.school.read import parse
from bot.content.school.syntax import parse_yaml
from bot.content.school.write import dump, dump_section
from pals.content import SchoolContent, plain, schema
from pals.content.changes import SECTIONS, WHOLE, Entry, entries
from pals.content.schema import Field

_TITLES = re.compile(rf"^(?:#.*\n|\n)*({'|'.join(SECTIONS)}):", re.MULTILINE)
"""The key of each section, with the comments above it."""


def edit(text: str, wanted: SchoolContent) -> str:
    """The text with just what differs from `wanted` rewritten. Sections that do not differ stay as they are.

    Raises SchoolFileError when `text` is no school file, and ValueError when it is another school's.
    """
    there = parse(text, "the file")
    if there.school.slug != wanted.school.slug:
        raise ValueError(f"The file is of the school {there.school.slug}, not of {wanted.school.slug}.")
    text = text if text.endswith("\n") else f"{text}\n"
    found = list(_TITLES.finditer(text))
    ends = [*(title.start() for title in found[1:]), len(text)]
    sections = {title[1]: text[title.start() : end] for title, end in zip(found, ends, strict=True)}
    head = text[: found[0].start()] if found else ""
    for field in schema(SchoolContent):
        if getattr(there, field.name) != getattr(wanted, field.name):
            sections[field.key] = _section(sections.get(field.key, "\n"), field, there, wanted)
    edited = head + "".join(sections.values())
    return edited if parse(edited, "the file") == wanted else dump(wanted)


def _section(block: str, field: Field, there: SchoolContent, wanted: SchoolContent) -> str:
    above, title, _ = block.partition(f"{field.key}:")
    new = plain(getattr(wanted, field.name))
    if not new:
        return above
    if title:
        edited = _edited(block, field.key, there, wanted)
        if _value(edited, field) == getattr(wanted, field.name):  # not every mixture of styles survives
            return edited
    return above + dump_section({field.key: new})


def _edited(block: str, section: str, there: SchoolContent, wanted: SchoolContent) -> str:
    yaml = YAML()
    yaml.width = 1_000_000
    yaml.preserve_quotes = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    tree = yaml.load(block)
    if section in WHOLE:
        _assign(tree, section, plain(getattr(there, section)), plain(getattr(wanted, section)))
    else:
        _assign_entries(tree[section], entries(there, section), entries(wanted, section))
    text = io.StringIO()
    yaml.dump(tree, text)
    return text.getvalue()


def _value(block: str, field: Field) -> Any:
    """What a section says by itself; None when it cannot be read."""
    tree = parse_yaml(block, "the file")
    return field.read(tree.value.get(field.key, ()), (), []) if isinstance(tree.value, dict) else None


def _assign(node: Any, key: Any, old: Any, new: Any) -> None:
    if old == new:
        return
    if new is None:
        del node[key]
    elif isinstance(old, dict) and isinstance(new, dict) and key in node:
        for each in {**old, **new}:
            _assign(node[key], each, old.get(each), new.get(each))
    else:
        node[key] = _node(new)


def _assign_entries(nodes: Any, old: dict[str, Entry], new: dict[str, Entry]) -> None:
    keys = list(old)
    for key in old.keys() - new.keys():
        del nodes[keys.index(key)]
        keys.remove(key)
    for place, (key, entry) in enumerate(new.items()):
        if key not in old:
            nodes.insert(place, _node(plain(entry)))
            keys.insert(place, key)
            continue
        at = keys.index(key)
        if at != place:
            nodes.insert(place, nodes.pop(at))
            keys.insert(place, keys.pop(at))
        before, after = plain(old[key]), plain(entry)
        for each in {**before, **after}:
            _assign(nodes[place], each, before.get(each), after.get(each))


def _node(value: Any) -> Any:
    """A value in the style of the canonical form."""
    return YAML().load(dump_section({"value": value}))["value"]
