"""Settings of a person: language, quiet hours, an adult's classes, a family's messages off or on."""

from dataclasses import replace
from datetime import time

from bot.content.labels import ROLES
from bot.content.templates import render
from bot.errors import Gone
from bot.handlers import home
from bot.handlers.button_rows import FinishClasses, SetClass, back_button, class_picker, in_rows
from bot.handlers.command_button import RunCommand, command_button
from bot.handlers.more import privacy
from bot.i18n import CODES, language
from bot.press import Press
from bot.services import settings
from bot.services.settings import SettingsView
from bot.turn import Button, Reply, Turn
from pals.roles import May, Role

QUIET_CHOICES = ((16, 7), (17, 7), (18, 7), (20, 7), (21, 7), (22, 6))  # whole hours of wall time


class SetMuted(Press, tag="xm"):
    """The state that the tap sets, so that it is idempotent."""

    muted: bool


class SetLanguage(Press, tag="xl"):
    code: str


class AskQuiet(Press, tag="xq"):
    pass


class SetQuiet(Press, tag="xh"):
    """Both None: no quiet hours of one's own."""

    start: int | None
    end: int | None


# --- the card


async def show_more(turn: Turn) -> Reply:
    if turn.person_id is None:
        return Reply(
            turn.t("☰ You have not joined a school here, and nothing is stored about you."),
            [[command_button(turn, "sprak"), command_button(turn, "hjem")]],
        )
    view = await settings.settings_view(turn.db, turn.person_id, turn.visitor.telegram_id, turn.maybe_actor)
    text = render(turn.language, "more", settings=view, role=ROLES[view.current.role] if view.current else "")
    return Reply(text, in_rows(_buttons(turn, view), 2))


def _buttons(turn: Turn, view: SettingsView) -> list[Button]:
    t = turn.t
    buttons = [command_button(turn, "sprak")]
    if view.current is not None:
        buttons.append(Button(t("🌙 Quiet hours"), AskQuiet()))
        if view.chooses_groups:
            buttons.append(Button(t("👥 My classes"), RunCommand("klasser")))
        if view.current.role is Role.FAMILY:
            label = t("🔔 Messages on") if view.current.muted else t("🔕 Messages off")
            buttons.append(Button(label, SetMuted(not view.current.muted)))
    if view.has_other_roles:
        buttons.append(command_button(turn, "bytt"))
    buttons.append(Button(t("🗂 What is stored about me"), privacy.ShowStored()))
    if view.has_requests:
        buttons.append(Button(t("✖ I no longer wish to join"), privacy.WithdrawRequest()))
    if view.current is not None:
        buttons.append(Button(t("🚪 Leave this school"), privacy.AskLeave()))
    return [
        *buttons,
        Button(t("🗑 Be forgotten"), privacy.AskForget()),
        command_button(turn, "hjem"),
    ]


async def set_muted(turn: Turn, press: SetMuted) -> Reply:
    turn.actor.must(May.READ_FAMILY_TEXT)
    await settings.mute(turn.db, turn.actor, press.muted, turn.now)
    toast = turn.t("Messages are off") if press.muted else turn.t("Messages are on")
    return replace(await show_more(turn), toast=str(toast))


# --- language


async def ask_language(turn: Turn) -> Reply:
    """/sprak: the school's languages, each by its own name. An unknown visitor chooses on the introduction."""
    if turn.person_id is None:
        return home.introduction(turn.language)
    names = {code: language(code).name for code in _offered(turn)}
    buttons = [
        Button(_marked(code == turn.language.code, name), SetLanguage(code)) for code, name in names.items()
    ]
    return Reply(
        turn.t("🌍 Which language would you like?"),
        [*in_rows(buttons, 2), [back_button(turn, RunCommand("mer"))]],
    )


async def set_language(turn: Turn, press: SetLanguage) -> Reply:
    """Changes the language of the card, the reply keyboard and the command menu at once."""
    if turn.person_id is None:
        return home.introduction(language(press.code) if press.code in CODES else turn.language)
    if press.code not in _offered(turn):
        raise Gone
    await settings.choose_language(turn.db, turn.person_id, press.code)
    turn = replace(turn, language=language(press.code))
    role = turn.maybe_actor.role if turn.maybe_actor is not None else None
    keyboard = home.keyboard_reply(turn, role, turn.t("From now on I write to you in this language."))
    return Reply(f"🌍 <b>{turn.language.name}</b>", then=(keyboard, await home.show_home(turn)))


def _offered(turn: Turn) -> list[str]:
    offered = turn.maybe_actor.school.languages if turn.maybe_actor is not None else CODES
    return [code for code in offered if code in CODES]


# --- quiet hours


async def ask_quiet(turn: Turn, _press: AskQuiet | None = None) -> Reply:
    of_school, own = await settings.quiet_hours(turn.db, turn.actor)
    lines = [
        turn.t(
            "🌙 <b>Quiet hours.</b> I write nothing by myself in them; it waits until they end. You can always write."
        )
    ]
    if of_school is not None:
        span = _span(turn, of_school.start, of_school.end)
        lines.append(turn.t("The school's, for everyone: {hours}.", hours=span))
    if own is not None:
        lines.append(turn.t("Your own: {hours}.", hours=_span(turn, *own)))
    else:
        lines.append(turn.t("You have none of your own."))
    buttons = [
        Button(
            _marked(own == (time(start), time(end)), _span(turn, time(start), time(end))),
            SetQuiet(start, end),
        )
        for start, end in QUIET_CHOICES
    ]
    none = Button(_marked(own is None, str(turn.t("None of my own"))), SetQuiet(None, None))
    return Reply("\n".join(lines), [*in_rows(buttons, 2), [none], [back_button(turn, RunCommand("mer"))]])


async def set_quiet(turn: Turn, press: SetQuiet) -> Reply:
    if press.start is None or press.end is None:
        hours = None
    elif (press.start, press.end) in QUIET_CHOICES:
        hours = (time(press.start), time(press.end))
    else:
        raise Gone
    await settings.set_quiet_hours(turn.db, turn.actor.person_id, hours)
    return await ask_quiet(turn)


def _span(turn: Turn, start: time, end: time) -> str:
    return f"{turn.language.clock(start)}–{turn.language.clock(end)}"


# --- an adult's classes


async def show_classes(turn: Turn) -> Reply:
    turn.actor.must(May.LOG)
    return await class_picker(turn.db, turn.language, turn.actor)


async def set_class(turn: Turn, press: SetClass) -> Reply:
    await settings.set_group(turn.db, turn.actor, press.group_id, press.mine, turn.now)
    return await class_picker(turn.db, turn.language, turn.actor)


async def finish_classes(turn: Turn, _press: FinishClasses) -> Reply:
    """Home, with the command menu: a leader may have confirmed this person in the meantime."""
    turn.actor.must(May.LOG)
    return replace(await home.show_home(turn), menu=turn.features.menu(turn.actor.role, turn.language))


def _marked(chosen: bool, label: str) -> str:
    return f"✓ {label}" if chosen else label
