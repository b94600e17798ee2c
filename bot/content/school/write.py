"""Serialize a school's content to YAML that a person can read: short things on one line, long texts in blocks."""

import io
from datetime import date, time
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.nodes import MappingNode, ScalarNode
from ruamel.yaml.representer import SafeRepresenter

from pals.content import SchoolContent, plain

_WIDTH = 100
_STR = "tag:yaml.org,2002:str"


def dump(content: SchoolContent) -> str:
    """The whole school in canonical form: every key with its value, in the schema's order.

    Round trip: `parse(dump(content), ...) == content`, and dumping that again gives the same text.
    """
    return "\n".join(dump_section({name: value}) for name, value in plain(content).items())


def dump_section(value: dict[str, Any]) -> str:
    """One section, or any other block of keys with plain data, under its key."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer, yaml.Emitter = _Representer, _Emitter
    yaml.width, yaml.allow_unicode = _WIDTH, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    yaml.dump(_Section(value), text)
    return text.getvalue()


class _Section(dict[str, Any]):
    """A whole section: always under its key."""


class _Emitter(Emitter):
    """Does not fold a text inside braces."""

    def write_plain(self, text: Any, split: bool = True) -> None:
        super().write_plain(text, split and not self.flow_level)

    def write_single_quoted(self, text: Any, split: bool = True) -> None:
        super().write_single_quoted(text, split and not self.flow_level)


class _Representer(SafeRepresenter):
    """Chooses the style of each node, and never writes an alias."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def text(self, value: str) -> ScalarNode:
        folds = "\n" not in value.replace("\n\n", "") and not any(
            line[:1].isspace() for line in value.split("\n")
        )
        if "\n" in value or len(value) > _WIDTH - 20:
            if folds and "\n\n\n" not in value and len(value.split()) > 1:
                return self.represent_scalar(_STR, value.replace("\n\n", "\n"), style=">")
            return self.represent_scalar(_STR, value, style="|")
        # Inside braces a plain text cannot begin with a colon, which ruamel.yaml does not see.
        return self.represent_scalar(_STR, value, style="'" if value.startswith(":") else None)

    def block(self, value: dict[str, Any]) -> MappingNode:
        # Given as pairs, because the keys of what is known to be a dict are sorted.
        flow = _short(value) and not isinstance(value, _Section)
        return self.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=flow)


def _short(value: dict[str, Any] | list[Any]) -> bool:
    """Whether it fits one line (flow style): nothing long, no sentences, and in a list nothing composed."""
    if isinstance(value, list):
        return not any(isinstance(item, dict | list) for item in value) and len(str(value)) < 60
    flat = str(value)
    nested = any(
        isinstance(item, list) or (isinstance(item, dict) and not _short(item)) for item in value.values()
    )
    return not nested and len(flat) < 105 and "?" not in flat and "\\n" not in flat


_Representer.add_representer(_Section, _Representer.block)
_Representer.add_representer(dict, _Representer.block)
_Representer.add_representer(str, _Representer.text)
_Representer.add_representer(
    list,
    lambda representer, value: representer.represent_sequence(
        "tag:yaml.org,2002:seq", value, flow_style=_short(value)
    ),
)
_Representer.add_representer(  # quoted, because YAML 1.1 takes 20:30 for a number of seconds
    time, lambda representer, at: representer.represent_scalar(_STR, f"{at:%H:%M}", style='"')
)
_Representer.add_representer(
    date, lambda representer, day: representer.represent_scalar("tag:yaml.org,2002:timestamp", str(day))
)
