"""Updates that no phone sends: fields missing, of the wrong type, far too large. Each gets an answer or none.

The bot goes on: who writes afterwards is answered, and no update has failed.
"""

import asyncio
from typing import Any

import structlog

from pals.roles import Role
from tests.journeys.conftest import Stage
from tests.support.people import MadeSchool

HUGE = 10**30
ME = {"id": 901, "is_bot": False, "first_name": "Ida"}
CHAT = {"id": 901, "type": "private", "first_name": "Ida"}
NOW = 1_793_600_000


def message(**fields: Any) -> dict[str, Any]:
    """A message, with these fields in place of what would be there; None leaves one out."""
    whole = {"message_id": 7, "date": NOW, "chat": CHAT, "from": ME, "text": "/hjem", **fields}
    return {key: value for key, value in whole.items() if value is not None}


def tap(**fields: Any) -> dict[str, Any]:
    whole = {"id": "1", "from": ME, "chat_instance": "1", "message": message(), "data": "p1:1:1", **fields}
    return {"callback_query": {key: value for key, value in whole.items() if value is not None}}


MEMBER = {"user": {"id": 5, "is_bot": True, "first_name": "PALS"}, "status": "member"}
CHANGE = {"chat": CHAT, "from": ME, "date": NOW, "old_chat_member": MEMBER, "new_chat_member": MEMBER}
GROUP = {"id": -5, "type": "group", "title": "6A"}
UPDATES: dict[str, dict[str, Any]] = {
    "nothing": {},
    "empty message": {"message": {}},
    "no message": {"message": None},
    "a message that is a text": {"message": "hei"},
    "a list": {"message": [1, 2]},
    "no chat": {"message": message(chat=None)},
    "no sender": {"message": message(**{"from": None})},
    "no date": {"message": message(date=None)},
    "a date that is a text": {"message": message(date="yesterday")},
    "a date beyond time": {"message": message(date=HUGE)},
    "a text that is a number": {"message": message(text=5)},
    "a text that is a list": {"message": message(text=["/hjem"])},
    "no text": {"message": message(text=None)},
    "an empty text": {"message": message(text="")},
    "only a slash": {"message": message(text="/")},
    "a slash and a space": {"message": message(text="/ ros")},
    "a command without a name": {"message": message(text="/@")},
    "a huge number": {"message": message(message_id=HUGE)},
    "a number that is a text": {"message": message(message_id="seven")},
    "a huge chat": {"message": message(chat={**CHAT, "id": HUGE})},
    "a chat that is a text": {"message": message(chat={**CHAT, "id": "everyone"})},
    "a chat that is a list": {"message": message(chat={**CHAT, "id": [1]})},
    "a chat of no known kind": {"message": message(chat={**CHAT, "type": "cave"})},
    "a chat without a kind": {"message": message(chat={"id": 901})},
    "a huge sender": {"message": message(**{"from": {**ME, "id": HUGE}})},
    "a sender without a number": {"message": message(**{"from": {"first_name": "Ida", "is_bot": False}})},
    "a sender without a name": {"message": message(**{"from": {"id": 901, "is_bot": False}})},
    "a sender whose name is a number": {"message": message(**{"from": {**ME, "first_name": 5}})},
    "a sender of an unknown language": {"message": message(**{"from": {**ME, "language_code": "xx-YY"}})},
    "a sender whose language is a number": {"message": message(**{"from": {**ME, "language_code": 5}})},
    "entities that lead nowhere": {
        "message": message(entities=[{"type": "bold", "offset": 99, "length": 9}])
    },
    "entities that are none": {"message": message(entities="bold")},
    "the null character": {"message": message(text="/start \0\0")},
    "a tap without a sender": tap(**{"from": None}),
    "a tap on nothing": tap(message=None),
    "a tap on what is gone": tap(message={"chat": CHAT, "message_id": 7, "date": 0}),
    "a tap without data": tap(data=None),
    "a tap with a number": tap(data=5),
    "a tap in an inline message": tap(message=None, inline_message_id="5"),
    "a tap of a game": tap(data=None, game_short_name="chess"),
    "a tap in a group": tap(message=message(chat=GROUP)),
    "an edited message without a sender": {"edited_message": message(**{"from": None})},
    "a change without a chat": {"my_chat_member": {**CHANGE, "chat": None}},
    "a change without a member": {"my_chat_member": {**CHANGE, "new_chat_member": None}},
    "an update of an unknown kind": {
        "my_chat_member": {**CHANGE, "new_chat_member": {**MEMBER, "status": "asleep"}}
    },
    "a change in a huge chat": {"my_chat_member": {**CHANGE, "chat": {**CHAT, "id": HUGE}}},
    "a message of a bot": {"message": message(**{"from": {**ME, "is_bot": True}})},
    "a group message without a sender": {"message": message(chat=GROUP, **{"from": None})},
    "a group that moved": {"message": message(chat=GROUP, text=None, migrate_to_chat_id=-100500)},
}


async def test_malformed_updates_do_not_stop_the_bot(stage: Stage, heia: MadeSchool) -> None:
    teacher = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    await stage.phone(901, language="en")
    with structlog.testing.capture_logs() as told:
        sent = {await stage.sim.update(update): name for name, update in UPDATES.items()}
        assert (await teacher.write("/ros"))["text"] == "⭐ 5B: what did you see?"
        async with asyncio.timeout(5):
            while not {line.get("update_id") for line in told} >= sent.keys() - {None}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # the log has no event to wait for
    outcomes = {
        sent[line["update_id"]]: line["outcome"]
        for line in told
        if line.get("update_id") in sent and "outcome" in line
    }
    assert {
        name: outcome
        for name, outcome in outcomes.items()
        if outcome not in ("ok", "NotMember", "UnknownInvitation")
    } == {}
    assert {line["event"] for line in told} == {
        "update",
        "An update could not be parsed and was skipped.",
    }
