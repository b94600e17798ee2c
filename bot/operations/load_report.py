"""The diff of a school's content in words, section by section: what a load would change, or has changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from bot.services.schools import Impact
from pals.content import Change, ChangeKind, as_json

_HEADINGS = {
    **dict.fromkeys(("values", "areas", "expectations"), "matrix"),
    "focuses": "months",
    "quiet_hours": "quiet hours",
}
_DONE = {
    ChangeKind.LAID_ASIDE: "laid aside; what was recorded of {them} stays",
    ChangeKind.REORDERED: "put in another order",
}
_LONGEST = 40


def counted(changes: int) -> str:
    return "no changes" if not changes else "1 change" if changes == 1 else f"{changes} changes"


def preview(impacts: Iterable[Impact], new: bool) -> str:
    """A dry run in whole sentences, under a heading for each section, with how many people each change affects."""
    lines: list[str] = []
    for heading, of_section in _by_section(impacts):
        lines += [heading, *(f"  {sentence}" for sentence in _sentences(of_section, new))]
    return "\n".join(["", "", *lines]) if lines else ""


def summary(changes: Iterable[Change]) -> list[str]:
    """What a load did, one line for each section."""
    return [
        f"  {heading}: {', '.join(_brief(kind, alike) for kind, alike in _runs(of_section, lambda e: e.change.kind))}"
        for heading, of_section in _by_section(Impact(change, 0, 0) for change in changes)
    ]


def to_json(impacts: Iterable[Impact]) -> list[dict[str, Any]]:
    """The same as JSON."""
    return [
        {
            "section": each.change.section,
            "key": each.change.key,
            "kind": str(each.change.kind),
            "differing": list(each.change.differing),
            "old": as_json(each.change.old),
            "new": as_json(each.change.new),
            "adults": each.adults,
            "families": each.families,
            "says": " ".join(_sentences([each], new=False)),
        }
        for each in _visible(impacts)
    ]


def _visible(impacts: Iterable[Impact]) -> Iterator[Impact]:
    """Without changes of order that only make room for others."""
    return (each for each in impacts if not each.change.only_shifts)


def _by_section(impacts: Iterable[Impact]) -> Iterator[tuple[str, list[Impact]]]:
    def heading(each: Impact) -> str:
        return _HEADINGS.get(each.change.section, each.change.section)

    for name, found in groupby(_visible(impacts), heading):
        yield name, list(found)


def _runs(impacts: Iterable[Impact], alike: Callable[[Impact], Any]) -> Iterator[tuple[Any, list[Impact]]]:
    for (_, found_alike), found in groupby(impacts, lambda each: (each.change.section, alike(each))):
        yield found_alike, list(found)


def _sentences(impacts: Iterable[Impact], new: bool) -> Iterator[str]:
    """One sentence for each change, or for several that are alike."""
    for _, alike in _runs(impacts, lambda e: (e.change.kind, e.change.differing, e.adults, e.families)):
        changes = [each.change for each in alike]
        affected = "" if new else _affected(alike[0])
        if changes[0].kind is ChangeKind.CHANGED:
            for change in changes:
                yield f"{_subject([change])} {_be(change, 'changes', 'change')}: {_details(change)}.{affected}"
            continue
        be = "are" if len(changes) > 1 else _be(changes[0], "is", "are")
        done = _DONE.get(changes[0].kind, changes[0].kind).format(them="them" if len(changes) > 1 else "it")
        yield f"{_subject(changes)} {be} {done}.{affected}"


def _be(change: Change, singular: str, plural: str) -> str:
    many = change.kind is ChangeKind.REORDERED or change.section in ("times", "quiet_hours")
    return plural if many else singular


def _brief(kind: ChangeKind, alike: Sequence[Impact]) -> str:
    changes = [each.change for each in alike]
    one = _noun(changes[0])
    if not changes[0].key:
        named = ", ".join(changes[0].differing) or one
    else:
        named = f"{len(changes)} {one}s" if len(changes) > 3 else ", ".join(change.key for change in changes)
    return f"{named} {kind}"


def _noun(change: Change) -> str:
    if not change.key:
        return change.section.replace("_", " ")
    return "month" if change.section == "focuses" else change.section.removesuffix("s")


def _subject(changes: Sequence[Change]) -> str:
    keys, one = [change.key for change in changes], _noun(changes[0])
    return f"The {one} {keys[0]}".rstrip() if len(keys) == 1 else f"{len(keys)} {one}s ({', '.join(keys)})"


def _details(change: Change) -> str:
    """What differs, key by key: short values with old and new, others by their name alone."""
    old, new = as_json(change.old), as_json(change.new)
    return ", ".join(_detail(key, old.get(key), new.get(key)) for key in change.differing)


def _detail(key: str, old: Any, new: Any) -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        inner = [each for each in {**old, **new} if old.get(each) != new.get(each)]
        if all(_is_short(old.get(each)) and _is_short(new.get(each)) for each in inner):
            return ", ".join(_detail(f"{key} {each}", old.get(each), new.get(each)) for each in inner)
        return f"{key} ({', '.join(inner)})"
    if _is_short(old) and _is_short(new):
        return f"{key} {_quoted(old)} → {_quoted(new)}"
    return key


def _is_short(value: Any) -> bool:
    return value is None or (
        isinstance(value, str | int) and len(str(value)) <= _LONGEST and "\n" not in str(value)
    )


def _quoted(value: Any) -> str:
    if value is None:
        return "nothing"
    return f"‘{value}’" if " " in str(value) else str(value)


def _affected(each: Impact) -> str:
    counts = [(each.adults, "adult", "adults"), (each.families, "family", "families")]
    said = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    return f" It affects {' and '.join(said) or 'no members'}."
