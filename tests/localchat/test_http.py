"""HTTP: authentication, routing, malformed bodies, fuzzing, CORS, and validation of the control interface."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import localchat
from localchat import actions
from localchat import server as server_module
from localchat.bot_api import BotApi
from localchat.client import Account, Sim, SimRefusedError
from localchat.methods import METHODS
from localchat.params import Params
from localchat.state import ServerState
from tests.localchat.conftest import Api


async def test_an_unknown_token_is_unauthorized(api: Api, server: localchat.Server) -> None:
    async with api.session.get(f"{server.url}/bot123:abc/getMe") as answer:
        assert (answer.status, await answer.json()) == (
            401,
            {"ok": False, "error_code": 401, "description": "Unauthorized"},
        )


@pytest.mark.parametrize("path", ["/getNothing", "", "/getMe/more"])
async def test_an_unknown_method_is_not_found(api: Api, path: str) -> None:
    async with api.session.get(api.url + path) as answer:
        assert (answer.status, await answer.json()) == (
            404,
            {"ok": False, "error_code": 404, "description": "Not Found"},
        )


async def test_method_names_are_case_insensitive(api: Api, sim: Sim, bot: Account) -> None:
    found = await api.result("GETme")
    assert (found["username"], found["is_bot"], found["can_read_all_group_messages"]) == (
        "pals_bot",
        True,
        False,
    )
    assert [call["method"] for call in await sim.calls()] == ["getMe"]


async def test_parameters_in_the_query_string(api: Api, sim: Sim, ada: Account) -> None:
    async with api.session.get(f"{api.url}/sendMessage?chat_id={ada.id}&text=Hei+du") as answer:
        assert (await answer.json())["result"]["text"] == "Hei du"


BODIES = [
    (b"{", "application/json", "can't parse JSON object"),
    (b"[1]", "application/json", "JSON object expected"),
    (b'{"chat_id": NaN}', "application/json", "can't parse JSON object"),
    (b'{"chat_id": 1e999}', "application/json", "can't parse JSON object"),
    (b"[" * 100_000, "application/json", "can't parse JSON object"),
    (b'{"text": ' + b"[" * 100 + b"]" * 100 + b"}", "application/json", "can't parse JSON object"),
    (b'{"text": "\xff"}', "application/json", "strings must be encoded in UTF-8"),
    (b'{"text": "\\ud800"}', "application/json", "strings must be encoded in UTF-8"),
    (b"text=\xff", "application/x-www-form-urlencoded", "strings must be encoded in UTF-8"),
    (b"x", "multipart/form-data", "can't parse multipart body"),
    (b"x", "multipart/form-data; boundary=b", "can't parse multipart body"),
    (b"--b\r\n\r\nx\r\n--b--", "multipart/form-data; boundary=b", "can't parse multipart body"),
    (b"text=x", "text/plain", "chat_id is empty"),
]


@pytest.mark.parametrize(("body", "kind", "reason"), BODIES)
async def test_a_malformed_body_is_refused(api: Api, body: bytes, kind: str, reason: str) -> None:
    async with api.session.post(
        f"{api.url}/sendMessage", data=body, headers={"Content-Type": kind}
    ) as answer:
        assert (answer.status, await answer.json()) == (
            400,
            {"ok": False, "error_code": 400, "description": f"Bad Request: {reason}"},
        )


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=b"])
async def test_a_too_large_body_is_refused(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("localchat.params.MAX_BODY_BYTES", 1000)
    monkeypatch.setattr("localchat.server.MAX_BODY_BYTES", 1000)
    body = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + b"x" * 2000 + b"\r\n--b--"
    if kind == "application/json":
        body = b'{"text": "' + b"x" * 2000 + b'"}'
    async with localchat.serve() as server, aiohttp.ClientSession() as session:
        address = f"{server.url}/bot{server.state.add_bot('pals_bot', 'PALS').token}/sendMessage"
        async with session.post(address, data=body, headers={"Content-Type": kind}) as answer:
            assert answer.status == 413
            assert (await answer.json())["description"] == "Request Entity Too Large"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = [
    "chat_id",
    "text",
    "reply_markup",
    "entities",
    "message_id",
    "parse_mode",
    "reply_parameters",
    "photo",
    "media",
    "caption",
    "commands",
    "scope",
    "language_code",
    "menu_button",
    "file_id",
    "callback_query_id",
    "url",
    "secret_token",
    "offset",
    "limit",
    "allowed_updates",
    "message_ids",
    "action",
    "name",
]
shaped = st.fixed_dictionaries(
    {},
    optional={
        "text": st.sampled_from(["Hei", "<b>x</b>", "<b>", "*x", "`", "[a](b)"]) | anything,
        "parse_mode": st.sampled_from(["HTML", "Markdown", "MarkdownV2"]),
        "message_id": st.integers(0, 3) | anything,
        "reply_markup": st.fixed_dictionaries(
            {},
            optional={
                "inline_keyboard": st.lists(
                    st.lists(st.dictionaries(st.sampled_from(["text", "url", "callback_data"]), anything))
                )
                | anything,
                "keyboard": st.lists(st.lists(anything)),
            },
        ),
        "entities": st.lists(
            st.dictionaries(st.sampled_from(["type", "offset", "length", "user", "url"]), anything)
        ),
        "media": st.lists(
            st.dictionaries(st.sampled_from(["type", "media", "caption"]), st.just("photo") | anything)
        ),
        "scope": st.dictionaries(st.sampled_from(["type", "chat_id", "user_id"]), anything),
        "commands": st.lists(st.dictionaries(st.sampled_from(["command", "description"]), anything)),
    },
)


@settings(max_examples=80, deadline=None, database=None)
@given(
    method=st.sampled_from(sorted(set(METHODS) - {"getupdates", "setwebhook"})),
    params=shaped | st.dictionaries(st.sampled_from(NAMES), anything, max_size=5),
    known_chat=st.booleans(),
)
def test_any_input_gets_a_bot_api_response(method: str, params: dict[str, object], known_chat: bool) -> None:
    async def call() -> None:
        state = ServerState(limits=False)
        bot = state.add_bot("pals_bot", "PALS", "1:a")
        chat = state.private_chat(bot, state.add_person(first_name="Ada"))
        actions.start(state, chat)
        given = {**params, "chat_id": chat.id} if known_chat else params
        body = await BotApi(state).perform(bot, method, Params(given))
        assert body["ok"] or body["error_code"] in (400, 403)

    asyncio.run(call())


async def test_cors_allows_pages_of_this_machine_and_refuses_other_origins(
    server: localchat.Server, sim: Sim, bot: Account
) -> None:
    neighbour = {"Origin": "http://localhost:8080"}
    async with sim.session.get(f"{server.url}/sim/people", headers=neighbour) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (200, neighbour["Origin"])
    async with sim.session.options(f"{server.url}/sim/people", headers=neighbour) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Headers"]) == (204, "Content-Type")
    for stranger in ("https://example.org", "null", "http://[", "http://127.0.0.1.example.org"):
        async with sim.session.post(
            f"{server.url}/sim/people", headers={"Origin": stranger}, data='{"first_name": "Eve"}'
        ) as answer:
            assert answer.status == 403
            assert "Access-Control-Allow-Origin" not in answer.headers
    assert await sim.people() == []


SENTENCES: list[tuple[str, str, object, int, str]] = [
    ("POST", "people", {}, 400, "“first_name” is missing."),
    ("POST", "people", {"first_name": 5}, 400, "“first_name” must be a text."),
    ("POST", "people", {"first_name": "A", "id": -1}, 400, "A person's number is positive and below 2⁵²."),
    ("POST", "people", {"first_name": "", "last_name": None}, 400, "“first_name” is missing."),
    ("POST", "people/1/text", {"text": "x", "reply_to": True}, 400, "“reply_to” must be a whole number."),
    ("POST", "people/1/press", {"label": "x", "wait": "1"}, 400, "“wait” must be a number."),
    ("POST", "people/1/press", {"label": "x", "data": "x"}, 400, "Name the button by “label” or by “data”."),
    ("POST", "people/1/send", {"kind": "photo", "content": "å"}, 400, "“content” must be base64."),
    ("POST", "groups", {"title": "x", "people": ["x"]}, 400, "“people” must be a list of whole numbers."),
    ("POST", "faults", {"kind": "drop", "method": "*", "times": 0}, 400, "“times” is at least 1."),
    ("POST", "faults", {"kind": "delay"}, 400, "“method” is missing."),
    ("POST", "limits", {"on": 1}, 400, "“on” must be true or false."),
    ("POST", "people/abc/text", {"text": "x"}, 404, "“abc” is not a number."),
    ("POST", "people/404/text", {"text": "x"}, 404, "There is no person with the number 404."),
    ("GET", "people/404/chat", None, 404, "There is no person with the number 404."),
    (
        "POST",
        "bots",
        {"username": "5"},
        400,
        "A username has 3 to 32 letters, digits and underscores and begins with a letter.",
    ),
    ("POST", "bots", {"username": "pals_bot"}, 409, "There is already a bot called @pals_bot."),
    (
        "POST",
        "bots",
        {"username": "new_bot", "token": "a/b"},
        400,
        "A token has letters, digits, a colon, hyphens and underscores.",
    ),
    ("POST", "groups", {"title": "5B", "people": []}, 400, "A group has at least one person."),
    ("POST", "groups", {"title": "5B", "people": "x"}, 400, "“people” must be a list of whole numbers."),
    ("GET", "groups/-1/chat", None, 404, "There is no group with the number -1."),
    ("POST", "updates", {"update": 5}, 400, "“update” must be a JSON object."),
    ("POST", "clock", {"now": "soon"}, 400, "“now” must be an ISO time, such as 2026-08-17T07:55:00+02:00."),
    ("POST", "clock", {"now": "9999-12-31T23:59:59Z"}, 400, "“now” must be in the years 1971 to 2999."),
    ("GET", "calls?since=x", None, 400, "“since” must be a whole number."),
    ("GET", "nothing", None, 404, "There is no such address."),
    ("DELETE", "people", None, 405, "This address does not take that method."),
    ("GET", "files/nothing", None, 404, "There is no such file."),
    ("POST", "people", "[1]", 400, "The body must be a JSON object."),
    ("POST", "people", "{", 400, "The body is not JSON."),
]


@pytest.mark.parametrize("wrong", SENTENCES, ids=[case[-1] for case in SENTENCES])
async def test_an_invalid_request_is_refused_with_a_sentence(
    sim: Sim, bot: Account, wrong: tuple[str, str, object, int, str]
) -> None:
    verb, path, body, status, sentence = wrong
    sent = {"data": body} if isinstance(body, str) else {"json": body}
    async with sim.session.request(verb, f"{sim.url}/sim/{path}", **sent) as answer:
        assert (answer.status, await answer.json()) == (status, {"ok": False, "description": sentence})


async def test_with_several_bots_the_bot_must_be_named(sim: Sim, bot: Account, ada: Account) -> None:
    other = await sim.bot("other_bot", "Other", "42:token")
    assert (other.id, other.token) == (42, "42:token")
    third = await sim.bot("third_bot", "Third", f"{bot.id + 1}:token")
    fourth = await sim.bot("fourth_bot")
    assert len({bot.id, other.id, third.id, fourth.id}) == 4
    with pytest.raises(SimRefusedError, match="Another bot has the number 42"):
        await sim.bot("fifth_bot", token="42:other")
    with pytest.raises(SimRefusedError, match="Say which bot is meant"):
        await sim.text(ada, "Hei")
    await sim.text(ada, "Hei", bot="other_bot")
    assert (await sim.chat(ada, bot="@Other_Bot")).texts == ["Hei"]
    assert await sim.bots() == [bot, other, third, fourth]


async def test_invalid_actions_of_people_are_refused(sim: Sim, ada: Account) -> None:
    await sim.block(ada)
    for doing, sentence in [
        (sim.text(ada, "Hei"), "The person has blocked the bot."),
        (
            sim.start(ada, "not valid"),
            "A link's parameter has at most 64 letters, digits, hyphens and underscores.",
        ),
        (sim.edit(ada, 99, "x"), "There is no message 99 in this chat."),
        (sim.send(ada, "gif"), "“kind” is one of photo, document, sticker, location, contact, voice."),
        (sim.send(ada, "photo", content="!"), "“content” must be base64."),
        (sim.text(ada, "x" * 4097), "A message has from 1 to 4096 characters."),
    ]:
        with pytest.raises(SimRefusedError) as refused:
            await doing
        assert str(refused.value) == sentence


async def test_the_clock_runs_on_after_it_is_set(api: Api, sim: Sim, ada: Account) -> None:
    await sim.clock(datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
    sent = await api.result("sendMessage", chat_id=ada.id, text="x")
    assert 0 <= sent["date"] - datetime(2026, 12, 31, 23, 0, tzinfo=UTC).timestamp() <= 2
    await sim.clock(None)
    sent = await api.result("sendMessage", chat_id=ada.id, text="x")
    assert abs(sent["date"] - datetime.now(UTC).timestamp()) <= 2


async def test_the_pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("index.html", "join.html", "phone.js"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(server_module, "STATIC", tmp_path)
    async with localchat.serve() as server, aiohttp.ClientSession() as session:
        for path, page in [
            ("/", "index.html"),
            ("/t/pals_bot?start=a", "join.html"),
            ("/static/phone.js", "phone.js"),
        ]:
            async with session.get(server.url + path) as answer:
                assert (answer.status, await answer.text()) == (200, page)
        async with session.get(server.url + "/static/../app.py") as answer:
            assert answer.status == 404


async def test_event_streams_end_on_shutdown(sim: Sim, ada: Account, server: localchat.Server) -> None:
    async with sim.events(ada) as events:
        await server.stop()
        with pytest.raises((StopAsyncIteration, aiohttp.ClientError)):
            async with asyncio.timeout(2):
                await anext(events)


async def test_the_timeout_of_until_says_what_the_phone_shows(sim: Sim, ada: Account) -> None:
    with pytest.raises(TimeoutError, match=r"the phone shows \['/start'\]"):
        await sim.until(ada, lambda chat: False, 0.02)


async def test_a_bot_and_a_person_may_have_the_same_id(server: localchat.Server) -> None:
    async with Sim(server.url) as sim:
        bot = await sim.bot("small_bot", token="1:small")
        person = await sim.person("Ada", id=1)
        await sim.start(person)
        api = Api(sim.session, f"{server.url}/bot{bot.token}")
        refused = await api.refusal("editMessageText", chat_id=1, message_id=1, text="x")
        assert refused == "Bad Request: message can't be edited"


async def test_a_port_in_use_raises_and_cleans_up(server: localchat.Server) -> None:
    with pytest.raises(OSError, match="address already in use"):
        await localchat.begin(port=int(server.url.rpartition(":")[2]))
