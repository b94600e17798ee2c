"""Refusals: exceptions that are shown to the person, in a sentence that says what to do."""

from typing import TypeVar

from markupsafe import Markup

from bot.i18n import N_, Language

Row = TypeVar("Row")


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """Rolls back the transaction and answers with `message`, a sentence of the catalogues (`N_`)."""

    message = ""

    def __init__(self, message: str = "", **names: object) -> None:
        self.message = message or self.message
        self.names = names
        super().__init__(self.message)

    def said(self, language: Language) -> Markup:
        return language.t(self.message, **self.names)


class NotAllowed(Refusal):
    message = N_("That is not for your role here. Tap /hjem to see what you can do.")


class NotMember(Refusal):
    """An unknown person, or one without an active membership."""

    message = N_(
        "I do not know you yet. Ask your school for a link to join, and open it on this phone. "
        "Then I can help you."
    )


class Gone(Refusal):
    """The row that a button names no longer exists, or belongs to another school."""

    message = N_("That is no longer here. Nothing was changed. Tap /hjem to go on.")


def existing(row: Row | None) -> Row:
    """The row that a button names. Raises Gone when there is none."""
    if row is None:
        raise Gone
    return row


class TooLate(Refusal):
    message = N_("It is more than a day ago, so it can no longer be undone here. Tell your PALS leader.")
