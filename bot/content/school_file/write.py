"""A `SchoolFile` back to YAML that a person can read: short things on one line, long texts in blocks."""

from datetime import date, datetime, time
from typing import Any

import yaml

from bot.content.school_file.kinds import Month, Week
from bot.content.school_file.models import Part, SchoolFile

_WIDTH = 100
_STR = "tag:yaml.org,2002:str"


def dump(file: SchoolFile) -> str:
    """The whole school in its one canonical form: every key with its value, in the schema's order.

    `parse(dump(file), ...) == file`, and dumping that again gives the same text.
    """
    sections = (
        yaml.dump(_Section({name: value}), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)
        for name, value in plain(file).items()
    )
    return "\n".join(sections)


def plain(value: Any) -> Any:
    """Models as blocks of keys; what stands for nothing is left out."""
    if isinstance(value, Part):
        fields = type(value).model_fields
        pairs = ((fields[name].alias or name, plain(item)) for name, item in value)
        return {name: item for name, item in pairs if item is not None}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, time):
        return _Quoted(value.isoformat(timespec="minutes"))
    return str(value) if isinstance(value, Month | Week) else value


class _Section(dict[str, Any]):
    """A whole section: always under its key."""


class _Quoted(str):
    """A time of day, which other readers of YAML would take for a number of seconds."""


class _Dumper(yaml.SafeDumper):
    """Lists stand under their key with an indent, and nothing is written as an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, value: str) -> yaml.ScalarNode:
    folds = "\n" not in value.replace("\n\n", "") and not any(
        line[:1].isspace() for line in value.split("\n")
    )
    if "\n" in value or len(value) > _WIDTH - 20:
        if folds and "\n\n\n" not in value and len(value.split()) > 1:
            return dumper.represent_scalar(_STR, value.replace("\n\n", "\n"), style=">")
        return dumper.represent_scalar(_STR, value, style="|")
    return dumper.represent_scalar(_STR, value)


def _block(dumper: _Dumper, value: dict[str, Any]) -> yaml.MappingNode:
    return _map(dumper, value, _short(value))


def _map(dumper: _Dumper, value: dict[str, Any], flow: bool) -> yaml.MappingNode:
    # Given as pairs, because PyYAML sorts the keys of what it knows to be a dict.
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=flow)


def _list(dumper: _Dumper, value: list[Any]) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=_short(value))


def _short(value: dict[str, Any] | list[Any]) -> bool:
    """Whether it reads well on one line: nothing long, no sentences, and in a list nothing composed."""
    if isinstance(value, list):
        return not any(isinstance(item, dict | list) for item in value) and len(str(value)) < 60
    flat = str(value)
    nested = any(
        isinstance(item, list) or (isinstance(item, dict) and not _short(item)) for item in value.values()
    )
    return not nested and len(flat) < 105 and "?" not in flat and "\\n" not in flat


_Dumper.add_representer(_Section, lambda dumper, value: _map(dumper, value, False))
_Dumper.add_representer(_Quoted, lambda dumper, value: dumper.represent_scalar(_STR, str(value), style='"'))
_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _block)
_Dumper.add_representer(list, _list)
_Dumper.add_representer(
    date, lambda dumper, day: dumper.represent_scalar("tag:yaml.org,2002:timestamp", str(day))
)
