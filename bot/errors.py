"""What can go wrong, in words a person can act on."""

from markupsafe import Markup

from bot.i18n import N_, Language


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """Nothing was saved, and this sentence says what to do. `message` is in the catalogues (`N_`)."""

    def __init__(self, message: str, **names: object) -> None:
        super().__init__(message)
        self.message = message
        self.names = names

    def said(self, language: Language) -> Markup:
        """The sentence in the reader's language."""
        return language.t(self.message, **self.names)


class NotAllowed(Refusal):
    """The role, or the school, does not go with what was asked for."""

    def __init__(self) -> None:
        super().__init__(N_("That is not for your role here. Tap /hjem to see what you can do."))


class NotMember(Refusal):
    """Nobody the bot knows, or nobody who has a school yet."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "I do not know you yet. Ask your school for a link to join, and open it on this phone. "
                "Then I can help you."
            )
        )


class Gone(Refusal):
    """The thing a button speaks of is no longer there, or belongs to another school."""

    def __init__(self) -> None:
        super().__init__(N_("That is no longer here. Nothing was changed. Tap /hjem to go on."))


class TooLate(Refusal):
    """The time for undoing has passed."""

    def __init__(self) -> None:
        super().__init__(
            N_("It is more than a day ago, so it can no longer be undone here. Tell your PALS leader.")
        )
