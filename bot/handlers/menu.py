"""What a role can do, said once: the command menu, the standing keys under the chat, and which key means what."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bot.i18n import CODES, N_, Language, language
from pals.roles import May, Role, may


@dataclass(frozen=True, slots=True)
class Entry:
    """A command, what it does, its standing key if it has one, and who may."""

    command: str
    does: str
    key: str | None
    may: May | None = None


ENTRIES = (
    Entry("ros", N_("Praise: what did you see?"), N_("⭐ Praise"), May.LOG),
    Entry("hendelse", N_("Log an incident"), N_("📝 Incident"), May.LOG),
    Entry("uke", N_("This week's practice"), N_("🎯 This week"), May.REPORT_PRACTICE),
    Entry("maaned", N_("PALS of the month"), N_("📅 This month"), May.READ_FAMILY_TEXT),
    Entry("moter", N_("The next meetings"), None, May.SEE_MEETINGS),
    Entry("kampanje", N_("Campaign weeks"), None, May.READ_STAFF_TEXT),
    Entry("kunngjoring", N_("Write to many"), None, May.ANNOUNCE),
    Entry("inviter", N_("Links and QR codes to join"), None, May.INVITE),
    Entry("hjem", N_("Home"), N_("🏠 Home")),
    Entry("mer", N_("Language, quiet hours, and what is stored about you"), N_("☰ More")),
)


def _for(role: Role | None) -> list[Entry]:
    return [e for e in ENTRIES if e.may is None or (role is not None and may(role, e.may))]


def commands(role: Role | None, language: Language) -> list[tuple[str, str]]:
    """The command menu of a role, in a language."""
    return [(e.command, str(language.t(e.does))) for e in _for(role)]


def keys(role: Role | None, language: Language) -> list[list[str]]:
    """The standing keys of a role, in a language, two in a row."""
    labels = [str(language.t(e.key)) for e in _for(role) if e.key]
    return [labels[i : i + 2] for i in range(0, len(labels), 2)]


@cache
def meaning() -> Mapping[str, str]:
    """From the label of a standing key, in any language, to its command: an old key still works."""
    return {str(language(code).t(e.key)): e.command for code in CODES for e in ENTRIES if e.key}
