"""Announcement drafts: the audience, the text and the preview, until it is sent."""

from datetime import timedelta

import pytest

from bot.content.message_length import TEXT_LIMIT, length
from bot.content.typed_text import LIMIT
from bot.errors import Gone
from bot.handlers.announcement import letter
from bot.i18n import language
from pals.roles import Role
from storage import announcements, drafts
from tests.support.announcing import Chat, shown
from tests.support.people import MadeSchool, make_person
from tests.support.turns import MONDAY

ASK_SEEN = "👁 Ask whether they have seen it"
BUTTONS = [["📤 Send"], ["Change the text", "Other readers"], [ASK_SEEN], ["✖ Cancel"]]
SOON = (
    "When you tap Send, one minute passes before it goes out. You can stop it in that time, and also later."
)


def previewed(text: str, to: str, readers: str, then: str = SOON) -> str:
    return (
        f"👀 <b>This is what they get</b>\nTo: {to} · {readers} just now\n\n"
        f"<blockquote>📣 <b>Heia skole</b>\n<i>From the school's leadership</i>\n\n{text}</blockquote>\n\n"
        f"It goes out as you wrote it, in one language.\n\n{then}"
    )


async def texts(chat: Chat) -> list[str]:
    """The stored texts of the school's announcements."""
    async with chat.database.reading() as db:
        return [row.text for row in await announcements.latest(db, chat.person.school_id)]


async def test_every_audience_is_offered_with_its_number_of_readers(liv: Chat) -> None:
    asked = await liv.command()
    assert shown(asked) == (
        "📣 <b>Write to many</b>\nWho is it for? The number is how many it reaches just now. "
        "You will see it as they will before anything is sent.",
        [
            ["All staff: 4", "The PALS team: 3"],
            ["All families: 3"],
            ["Families of a grade", "Families of a group"],
        ],
    )
    assert shown(await liv.tap(asked, "of a grade")) == (
        "📣 The families of which grade? The number is how many it reaches just now.",
        [["Grade 5: 2", "Grade 6: 1"], ["◀ Back"]],
    )
    assert shown(await liv.tap(asked, "of a group")) == (
        "📣 The families of which group? The number is how many it reaches just now.",
        [["5B: 2", "6A: 1", "SFO: 0"], ["◀ Back"]],
    )


async def test_the_preview_shows_the_message_as_readers_get_it(liv: Chat) -> None:
    groups = await liv.tap(await liv.command(), "of a group")
    assert shown(await liv.tap(groups, "5B")) == (
        "✏ <b>Write your message now, and send it here.</b>\nTo: The families of 5B\n\n"
        "At most 3,000 characters, as plain text. It goes out as you write it, in one language.\n"
        "Name no pupil, and tell nothing by which a pupil can be recognised.",
        [["✖ Cancel, write nothing"]],
    )
    preview = await liv.type("Vi møtes i gymsalen.")
    assert preview is not None
    assert shown(preview) == (
        previewed("Vi møtes i gymsalen.", "The families of 5B", "2 readers"),
        BUTTONS,
    )
    assert await liv.type("Noe annet") is None, "one text is awaited, not two"
    assert await texts(liv) == ["Vi møtes i gymsalen."]


async def test_text_and_audience_are_changed_before_sending(liv: Chat) -> None:
    preview = await liv.written("Først", "All families")
    asked = await liv.tap(preview, "Change the text")
    assert shown(asked) == (
        "✏ <b>Write your message now, and send it here.</b>\nTo: All families\n\n"
        "At most 3,000 characters, as plain text. It goes out as you write it, in one language.\n"
        "Name no pupil, and tell nothing by which a pupil can be recognised.\n\n"
        "This is what you have now:\n<blockquote expandable>Først</blockquote>",
        [["◀ Back, keep the text"]],
    )
    changed = await liv.type("Så")
    assert changed is not None
    assert shown(changed) == (previewed("Så", "All families", "3 readers"), BUTTONS)

    others = await liv.tap(changed, "Other readers")
    assert shown(others)[0] == "📣 Who is it for instead? Your text stays as it is."
    readdressed = await liv.tap(await liv.tap(others, "of a grade"), "Grade 6")
    assert shown(readdressed) == (previewed("Så", "The families of grade 6", "1 reader"), BUTTONS)
    assert await texts(liv) == ["Så"]


async def test_going_back_drops_the_draft(liv: Chat) -> None:
    preview = await liv.written("Hei", "All staff")
    kept = await liv.tap(await liv.tap(preview, "Change the text"), "keep the text")
    assert shown(kept) == shown(preview)
    assert await liv.type("Noe annet") is None

    await liv.tap(await liv.tap(await liv.command(), "All staff"), "write nothing")
    assert await liv.type("Noe annet") is None
    assert await texts(liv) == ["Hei"]


async def test_discarding_deletes_the_text(liv: Chat) -> None:
    preview = await liv.written("Hei", "All staff")
    assert shown(await liv.tap(preview, "Cancel")) == (
        "📣 Nothing was sent, and I have deleted the text.",
        [["📣 Write to many"]],
    )
    assert await texts(liv) == []
    with pytest.raises(Gone):
        await liv.tap(preview, "Send")


async def test_a_send_button_under_a_stale_preview_shows_the_current_preview(liv: Chat) -> None:
    """Version check: the fingerprint in the button is not that of the current text."""
    old = await liv.written("Først", "All staff")
    await liv.tap(old, "Change the text")
    await liv.type("Så")
    again = await liv.tap(old, "Send")
    assert shown(again) == (previewed("Så", "All staff", "4 readers"), BUTTONS)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("  ", "There is nothing in that message yet. Write what you want to tell, as text."),
        (
            "x" * (LIMIT + 1),
            "That is 3001 characters, and the most I can send is 3000. Nothing was saved. "
            "Make it shorter and send it to me again.",
        ),
        (
            "Hent pakke til 010107 50160",
            "There is a number in it that looks like a national identity number. Those must never be sent here, "
            "so I have not saved the text. Delete your message from this chat too, and write it again without "
            "the number.",
        ),
    ],
    ids=["nothing", "too long", "identity number"],
)
async def test_an_unfit_text_is_not_stored_and_the_draft_stays(liv: Chat, typed: str, said: str) -> None:
    await liv.tap(await liv.command(), "All staff")
    refused = await liv.type(typed)
    assert refused is not None
    assert shown(refused) == (said, [["✖ Cancel, write nothing"]])
    assert await texts(liv) == []
    async with liv.database.reading() as db:
        awaited = await drafts.peek(db, liv.person.id)
    assert awaited is not None
    assert awaited.data == {"school": liv.person.school_id, "to": "staff", "which": None}
    assert (await liv.type("Hei")) is not None


@pytest.mark.parametrize(
    ("typed", "comes_out"),
    [
        ("<b>fet</b> & <a href='x'>", "&lt;b&gt;fet&lt;/b&gt; &amp; &lt;a href=&#39;x&#39;&gt;"),
        ("{name} {{ school }} {% raw %} %s %(n)d", "{name} {{ school }} {% raw %} %s %(n)d"),
        ("*a* _b_ `c` [d](e) /hjem", "*a* _b_ `c` [d](e) /hjem"),
        ("\u202eevil مرحبا \u200fHeia", "evil مرحبا \u200fHeia"),
        ("a\n\n\n\n\nb\x00", "a\n\nb"),
    ],
    ids=["markup", "placeholders", "markdown", "directions", "blank lines"],
)
async def test_markup_and_placeholders_in_a_text_are_escaped(liv: Chat, typed: str, comes_out: str) -> None:
    preview = await liv.written(typed, "All staff")
    assert shown(preview) == (previewed(comes_out, "All staff", "4 readers"), BUTTONS)
    card = await liv.tap(preview, "Send")
    assert str(card.text).endswith(f"\n\n<blockquote expandable>{comes_out}</blockquote>")


async def test_a_phone_number_gives_a_warning(liv: Chat) -> None:
    preview = await liv.written("Ring 22 33 44 55", "All staff")
    warned = (
        "⚠ There is a phone number or an e-mail address in it. Send it only if it is the school's own.\n\n"
    )
    assert str(preview.text) == previewed("Ring 22 33 44 55", "All staff", "4 readers", SOON).replace(
        f"\n\n{SOON}", f"\n{warned}{SOON}"
    )


async def test_in_quiet_hours_the_preview_says_when_it_goes_out(liv: Chat) -> None:
    liv.now = MONDAY + timedelta(hours=12)  # 21:00 at the school, which is quiet from 20:30 to 06:30
    preview = await liv.written("Hei", "All staff")
    then = (
        "🌙 It is quiet time at the school, so it goes out Tuesday 3 November at 06:30. "
        "You can stop it until then."
    )
    assert str(preview.text) == previewed("Hei", "All staff", "4 readers", then)
    card = await liv.tap(preview, "Send")
    assert str(card.text) == (
        "⏳ <b>Goes out Tuesday 3 November at 06:30.</b> Nobody has got it yet.\nTo: All staff\n\n"
        "4 readers wait for it.\n\n<blockquote expandable>Hei</blockquote>"
    )


async def test_an_audience_without_readers_has_no_send_button(liv: Chat) -> None:
    preview = await liv.written("Hei", "of a group", "SFO")
    then = "Nobody there can be reached just now. Choose other readers."
    assert shown(preview) == (previewed("Hei", "The families of SFO", "0 readers", then), BUTTONS[1:])


async def test_the_preview_shows_the_frame_in_each_language(liv: Chat, heia: MadeSchool) -> None:
    async with liv.database.writing() as db:
        for code in ("ar", "ar"):
            await make_person(db, heia, Role.FAMILY, ["6A"], language=code)
    preview = await liv.written("Hei", "of a group", "6A")
    arabic, english = language("ar"), language("en")
    assert str(preview.text) == (
        f"👀 <b>This is what they get</b>\nTo: The families of 6A · 3 readers just now\n\n"
        f"<blockquote>{letter.letter_text(arabic, 'Heia skole', 'Hei')}</blockquote>\n\n"
        "It goes out as you wrote it, in one language. Only the lines above it follow the reader:\n"
        f"{english.name} (1):\n<blockquote>{letter.frame_text(english, 'Heia skole')}</blockquote>\n\n"
        f"{SOON}"
    )


async def test_the_longest_text_fits_every_message(liv: Chat, heia: MadeSchool) -> None:
    async with liv.database.writing() as db:
        for code in ("nb", "nn", "ar", "uk"):
            await make_person(db, heia, Role.FAMILY, ["6A"], language=code)
    longest = "<&" * (LIMIT // 2 - 8) + " ring 22 33 44 5"
    liv.now = MONDAY + timedelta(hours=12)
    preview = await liv.written(longest, "All families")
    rewrite = await liv.tap(preview, "Change the text")
    card = await liv.tap(preview, "Send")
    for reply in (preview, rewrite, card):
        assert LIMIT < length(reply.text) <= TEXT_LIMIT
