"""The same by webhook, and what the program's health pages say when a part of it is not well."""

import socket
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from bot.channels.telegram.webhook import PATH, SECRET_HEADER
from pals.roles import Role
from storage.database import Database
from tests.journeys.conftest import Stage, eventually
from tests.support.people import MadeSchool

SECRET = "agreed-on-with-telegram"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


async def restart_by_webhook(stage: Stage, *, ticking: bool = False) -> str:
    """The bot, waiting for its updates; the address where it waits."""
    await stage.stop()
    listen = f"127.0.0.1:{free_port()}"
    await stage.start(listen=listen, public_url=f"http://{listen}", webhook_secret=SECRET, ticking=ticking)
    return f"http://{listen}{PATH}"


async def test_praise_by_webhook_with_a_restart_and_back_to_polling(stage: Stage, heia: MadeSchool) -> None:
    teacher = await stage.join(heia, Role.STAFF, ["5B"], name="Ida")
    await restart_by_webhook(stage)
    await teacher.write("⭐ Praise")
    await restart_by_webhook(stage)
    saved = await teacher.tap("We say hello")
    assert saved["text"] == "⭐ 5B: We say hello. Saved."
    await stage.restart()
    assert (await teacher.tap("↩ Undo"))["text"] == "⭐ Undone. Nothing is saved."


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_webhook_call_without_the_secret_is_refused(stage: Stage, heia: MadeSchool) -> None:
    address = await restart_by_webhook(stage)
    update = {
        "update_id": 1,
        "message": {
            "message_id": 7,
            "date": 1_793_600_000,
            "chat": {"id": 901, "type": "private"},
            "from": {"id": 901, "is_bot": False, "first_name": "Ida"},
            "text": "/hjem",
        },
    }
    for headers in ({}, {SECRET_HEADER: "guessed"}, {SECRET_HEADER: SECRET + "x"}):
        async with stage.sim.session.post(address, json=update, headers=headers) as answer:
            assert answer.status == 403
    async with stage.sim.session.post(address, data=b"{", headers={SECRET_HEADER: SECRET}) as answer:
        assert answer.status == 400
    assert await stage.sim.calls("sendMessage") == []


def spoil(database: Database) -> None:
    """Something else stands where the SQLite file was."""
    path = Path(make_url(database.url).database or "")
    path.with_name(path.name + "-wal").unlink(missing_ok=True)
    path.write_bytes(b"This is no database. " * 300)


async def ready(stage: Stage) -> tuple[int, dict[str, bool]]:
    """The status of the readiness page, and which parts it calls well."""
    async with stage.sim.session.get(f"{stage.bot.pages}/readyz") as answer:
        body = await answer.json()
        return answer.status, {name: state["ok"] for name, state in body["parts"].items()}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_readiness_page_names_a_broken_database(stage: Stage, heia: MadeSchool) -> None:
    await stage.stop()
    await stage.start(ticking=True)
    teacher = await stage.phone(901, language="en")
    await teacher.write("/hjem")
    well = {"database": True, "scheduler": True, "telegram": True}
    await eventually(lambda: ready(stage), (200, well))
    await stage.bot.database.close()
    spoil(stage.database)
    await eventually(lambda: ready(stage), (503, {**well, "database": False}))
    async with stage.sim.session.get(f"{stage.bot.pages}/healthz") as answer:
        assert (answer.status, await answer.json()) == (200, {"alive": True})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("by_webhook", [False, True])
async def test_the_readiness_page_names_an_unresponsive_telegram(
    stage: Stage, heia: MadeSchool, by_webhook: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.MAX_RESPONSE_AGE", 1.0)
    if by_webhook:
        await restart_by_webhook(stage, ticking=True)
    else:
        await stage.stop()
        await stage.start(ticking=True)
    well = {"database": True, "scheduler": True, "telegram": True}
    teacher = await stage.sim.person("Ida", id=901)
    await stage.sim.start(teacher)
    await eventually(lambda: ready(stage), (503, {**well, "telegram": False}))
    await stage.sim.text(teacher, "/hjem")
    await eventually(lambda: ready(stage), (200, well))
