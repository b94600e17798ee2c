"""The families' gettext domain holds the msgids that families can meet, and no others.

Which those are is found by exploring all that families and people without a role can do, in every state of theirs.
"""

import os

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.i18n import negotiate
from locales.extract import families_msgids
from locales.update import update
from pals.roles import Role
from scheduler.message_kind import MessageKind
from storage import memberships, people
from storage.delivery.audiences import Audience
from storage.tables import Standing
from tests.catalogues import scenarios
from tests.support.explorer import Explorer
from tests.support.people import MadeSchool
from tests.support.traced_sentences import Tracer, traced

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SORT = os.environ.get("PALSBOT_SORT_CATALOGUES", "")
"""`up` moves what families were found to meet into their domain; `both` also moves out what no family met."""


class FamiliesReading:
    """Records which msgids families meet.

    They are shown to a family, or to a person without a role; or to an adult of the school in a language that is not
    the adult's own: then it is a copy of what others will read, such as a poster or the text for a week plan.
    """

    def __init__(self, db: AsyncSession, tracer: Tracer) -> None:
        self._db = db
        self._tracer = tracer
        self.met: set[str] = set()

    async def shown(self, account: int, what: object) -> None:
        own = await self._language_of_adult(account)
        self.met |= {each.msgid for each in self._tracer.sentences(what) if each.code != own}

    async def _language_of_adult(self, account: int) -> str | None:
        """None for a family and without a role. The role is that after the turn: a new member reads as a member."""
        person = await people.by_telegram(self._db, account)
        own = await memberships.of_person(self._db, person.id) if person is not None else []
        adult = any(each.standing is Standing.ACTIVE and each.role is not Role.FAMILY for each in own)
        return negotiate(person.language) if person is not None and adult else None


async def test_the_families_domain_holds_what_families_can_meet(
    db: AsyncSession, heia: MadeSchool, fjern: MadeSchool
) -> None:
    with traced() as tracer:
        features = scenarios.features_with_a_failure()
        reading = FamiliesReading(db, tracer)
        explorer = Explorer(db, features, reading.shown)
        await scenarios.profile(reading.shown, features)
        await scenarios.leader(explorer, db, heia)
        await scenarios.messages(explorer, db, heia, fjern)
        await scenarios.families(explorer, db, heia, fjern)
        await scenarios.without_role(explorer, db, heia)
        await scenarios.links(explorer, db, heia, fjern)
    unsent = features.kinds.by_name.keys() - explorer.kinds
    assert {name for name in unsent if not _for_adults_alone(features.kinds.by_name[name])} == set(), (
        "no scenario sends these kinds of message, and their declared audience does not say that no family reads them"
    )
    met, families = reading.met, families_msgids()
    assert SORT in ("", "up", "both")
    if SORT:
        families = met if SORT == "both" else met | families
        update(families)
    assert sorted(met - families) == [], "a family can meet these, so they are theirs: run `make messages`"
    assert sorted(families - met) == [], (
        "no family met these. If none can, they are the school's: run `make messages SORT=both`; "
        "if one can, play it in tests/catalogues/scenarios.py"
    )


def _for_adults_alone(kind: MessageKind) -> bool:
    audience = kind.audience
    return isinstance(audience, Audience) and bool(audience.roles) and Role.FAMILY not in audience.roles
