"""More: language, quiet hours, what is stored, leaving and erasure, with restarts."""

from sqlmodel import select

from pals.roles import Role
from storage import people
from storage.tables import Audit, Delivery, Membership, Person, Praise
from tests.journeys.conftest import Stage, oslo, rows
from tests.support.people import MadeSchool


async def test_the_reply_keyboard_and_the_menu_follow_the_language(stage: Stage, heia: MadeSchool) -> None:
    mona = await stage.join(heia, Role.FAMILY, ["5B"], name="Mona", language="ar")
    arabic = await mona.keys()
    await mona.write("/sprak")
    await stage.restart()
    await mona.tap("English")
    await mona.sees("From now on I write to you in this language.")
    home = await mona.sees("🏠 Heia skole")
    assert rows(home) == [["📅 This month", "🌍 Language"], ["☰ More"]]
    assert await mona.keys() == ["📅 This month", "🏠 Home", "☰ More"]
    assert [(c["command"], c["description"]) for c in (await mona.chat()).commands] == [
        ("maaned", "PALS of the month"),
        ("hjem", "Home"),
        ("mer", "Language, quiet hours, and what is stored about you"),
    ]
    await stage.restart()
    old_key = await mona.write(arabic[1])
    assert old_key["text"] == home["text"]


async def test_a_persons_own_quiet_hours_delay_a_message(stage: Stage, heia: MadeSchool) -> None:
    await stage.begin(oslo(1, 18), heia)
    mona = await stage.join(heia, Role.FAMILY, ["5B"], name="Mona")
    tora = await stage.join(heia, Role.FAMILY, ["5B"], name="Tora")
    await mona.write("☰ More")
    await mona.tap("🌙 Quiet hours")
    await stage.restart()
    chosen = await mona.tap("16:00–07:00")
    assert "Your own: 16:00–07:00." in chosen["text"]

    await stage.goto(oslo(2, 17))
    await tora.sees("At school we practise walking calmly.")
    assert not [text for text in (await mona.chat()).texts if "walking calmly" in text]
    await stage.restart()
    await stage.goto(oslo(3, 6, 59))
    assert not [text for text in (await mona.chat()).texts if "walking calmly" in text]
    await stage.goto(oslo(3, 7))
    await mona.sees("At school we practise walking calmly.")


async def test_messages_are_turned_off_and_on_again(stage: Stage, heia: MadeSchool) -> None:
    await stage.begin(oslo(1, 18), heia)
    mona = await stage.join(heia, Role.FAMILY, ["5B"], name="Mona")
    await mona.write("/mer")
    await mona.tap("🔕 Messages off")
    await stage.restart()
    await stage.goto(oslo(2, 17))
    assert "Messages are off." in (await mona.write("/mer"))["text"]
    assert not [text for text in (await mona.chat()).texts if "walking calmly" in text]
    await stage.restart()
    back_on = await mona.tap("🔔 Messages on")
    assert "Messages are off." not in back_on["text"]


async def test_after_erasure_the_records_name_no_one(
    stage: Stage, heia: MadeSchool, fjern: MadeSchool
) -> None:
    await stage.begin(oslo(2, 7), heia, fjern)
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    other = await stage.join(heia, Role.STAFF, ["5B"], name="Tor")
    stranger = await stage.join(fjern, Role.STAFF, ["5B"], name="Siv")
    await stage.goto(oslo(2, 9))
    for phone in (ida, other, stranger):
        await phone.write("/ros")
        await phone.tap("We say hello")
    await ida.write("/mer")
    stored = await ida.tap("🗂 What is stored about me")
    for line in (
        f"The number of your Telegram account, {ida.who.id}, so that I can write to you.",
        "Your name, as your phone showed it: Ida.",
        "Your classes: 5B.",
        "1 praise that you logged.",
    ):
        assert line in stored["text"]
    await stage.restart()
    await ida.tap("🗑 Be forgotten")
    await stage.restart()
    await ida.tap("🗑 Forget me")
    await ida.sees("Goodbye, and thank you.")
    assert await ida.commands() == ["hjem", "mer"]
    assert await ida.keys() == ["🏠 Home", "☰ More"]

    async with stage.database.reading() as db:
        assert await people.by_telegram(db, ida.who.id) is None
        kept = [
            (r.school_id, r.person_id is None, r.idempotency_key.split(":")[0])
            for r in await db.exec(select(Praise))
        ]
        names = [m.name for m in await db.exec(select(Membership))]
        persons = {p.id for p in await db.exec(select(Person))}
        linked = {d.person_id for d in await db.exec(select(Delivery))}
        traces = {a.person_id for a in await db.exec(select(Audit))}
    assert sorted(kept) == [
        (heia.id, False, str(other.who.id)),
        (heia.id, True, "0"),
        (fjern.id, False, str(stranger.who.id)),
    ]
    assert sorted(name or "" for name in names) == ["Siv", "Tor"]
    assert linked | traces == persons | {None}

    await stage.restart()
    assert "nothing is stored about you" in (await ida.write("/mer"))["text"]
    await stage.goto(oslo(9, 9))
    assert not [text for text in (await ida.chat()).texts if "week 46" in text]


async def test_leaving_one_school_switches_to_the_remaining_role(stage: Stage, heia: MadeSchool) -> None:
    ida = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    await ida.write("/mer")
    await ida.tap("🚪 Leave this school")
    await stage.restart()
    await ida.tap("🚪 Leave")
    await ida.sees("Your account number and language are deleted within")
    assert await ida.commands() == ["hjem", "mer"]
    async with stage.database.reading() as db:
        assert list(await db.exec(select(Membership))) == []
    await stage.restart()
    assert (await ida.write("/ros"))["text"].startswith("I do not know you yet.")
