"""Pictures, files and albums: upload, attach, send by id, edit, download, validation."""

import base64
import io
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from localchat.client import Account, Sim
from localchat.files import Files, picture_size
from tests.localchat.conftest import Answer, Api
from tests.localchat.pictures import GIF, JPEG, WEBP_L, WEBP_X, WEBP_Y, png

Fetch = Callable[[], Awaitable[list[Answer]]]


async def upload(api: Api, method: str, files: dict[str, tuple[str, bytes, str]], **params: Any) -> Answer:
    form = aiohttp.FormData()
    for name, value in params.items():
        form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    for name, (file_name, content, mime) in files.items():
        form.add_field(name, io.BytesIO(content), filename=file_name, content_type=mime)
    async with api.session.post(f"{api.url}/{method}", data=form) as answer:
        body: Answer = await answer.json()
        return body


async def test_an_uploaded_picture_is_downloadable_and_can_be_resent_by_id(
    api: Api, sim: Sim, ada: Account
) -> None:
    picture = ("uke.png", png(), "image/png")
    body = await upload(
        api, "sendPhoto", {"photo": picture}, chat_id=ada.id, caption="*Uka*", parse_mode="Markdown"
    )
    [size] = body["result"]["photo"]
    assert (size["width"], size["height"], size["file_size"]) == (90, 60, len(png()))
    assert (body["result"]["caption"], body["result"]["caption_entities"][0]["type"]) == ("Uka", "bold")

    shown = (await sim.chat(ada)).last
    assert shown["url"] == shown["photo"][0]["url"]
    async with sim.session.get(sim.url + shown["url"]) as answer:
        assert (await answer.read(), answer.content_type) == (png(), "image/png")

    again = await api.result("sendPhoto", chat_id=ada.id, photo=size["file_id"])
    assert again["photo"] == [size]
    assert await api.refusal("sendDocument", chat_id=ada.id, document=size["file_id"]) == (
        "Bad Request: can't use file of type Photo as Document"
    )


async def test_an_uploaded_page_is_served_as_an_attachment(api: Api, sim: Sim, ada: Account) -> None:
    page = ('år "<1>.html', b"<script>1</script>", "text/html; charset=utf-8")
    body = await upload(api, "sendDocument", {"document": page}, chat_id=ada.id)
    assert body["result"]["document"]["mime_type"] == "text/html"
    async with sim.session.get(sim.url + (await sim.chat(ada)).last["url"]) as answer:
        assert await answer.read() == b"<script>1</script>"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_get_file_and_download(api: Api, ada: Account) -> None:
    body = await upload(api, "sendDocument", {"document": ("a.csv", b"1;2", "text/csv")}, chat_id=ada.id)
    document = body["result"]["document"]
    found = await api.result("getFile", file_id=document["file_id"])
    assert found == {
        "file_id": document["file_id"],
        "file_unique_id": document["file_unique_id"],
        "file_size": 3,
        "file_path": "documents/file_0.csv",
    }
    address = api.url.replace("/bot", "/file/bot", 1)
    async with api.session.get(f"{address}/{found['file_path']}") as answer:
        assert (answer.status, await answer.read()) == (200, b"1;2")
    async with api.session.get(f"{address}/documents/file_9.csv") as answer:
        assert (answer.status, (await answer.json())["description"]) == (404, "Not Found")
    async with api.session.get(f"{address[:-3]}/{found['file_path']}") as answer:
        assert answer.status == 401
    assert await api.refusal("getFile", file_id="nothing") == "Bad Request: invalid file_id"


async def test_an_album_of_attached_and_known_files(api: Api, sim: Sim, ada: Account) -> None:
    known = await upload(api, "sendPhoto", {"photo": ("a.png", png(), "image/png")}, chat_id=ada.id)
    media = [
        {"type": "photo", "media": "attach://one", "caption": "first"},
        {"type": "photo", "media": known["result"]["photo"][0]["file_id"]},
    ]
    body = await upload(
        api, "sendMediaGroup", {"one": ("b.png", png(10, 10), "image/png")}, chat_id=ada.id, media=media
    )
    first, second = body["result"]
    assert first["media_group_id"] == second["media_group_id"]
    assert (first["caption"], first["photo"][0]["width"], second["photo"][0]["width"]) == ("first", 10, 90)
    assert len((await sim.chat(ada)).messages) == 4


ALBUMS_REFUSED: list[tuple[Any, str]] = [
    (None, 'parameter "media" is required'),
    ("x", "expected an Array of InputMedia"),
    ([], "there are no messages to send"),
    ([{"type": "photo", "media": "attach://one"}] * 11, "too many messages to send as an album"),
    ([5], "can't parse InputMedia: expected an Object"),
    ([{"type": "video", "media": "attach://one"}], 'can\'t parse InputMedia: type "video" is unsupported'),
    ([{"type": "photo", "media": "attach://two"}], "can't parse InputMedia: media not found"),
    (
        [{"type": "photo", "media": "attach://one"}, {"type": "document", "media": "attach://one"}],
        "document can't be mixed with other media types",
    ),
    ([{"type": "photo", "media": "attach://one", "caption": "x" * 1025}], "message caption is too long"),
]


@pytest.mark.parametrize(("media", "reason"), ALBUMS_REFUSED)
async def test_invalid_albums_are_refused(api: Api, sim: Sim, ada: Account, media: Any, reason: str) -> None:
    given = {} if media is None else {"media": media}
    body = await upload(
        api, "sendMediaGroup", {"one": ("b.png", png(), "image/png")}, chat_id=ada.id, **given
    )
    assert body["description"] == f"Bad Request: {reason}"
    assert (await sim.chat(ada)).texts == ["/start"]


FILES_REFUSED = [
    (b"no picture", "IMAGE_PROCESS_FAILED"),
    (b"", "file must be non-empty"),
    (png(9000, 1001), "PHOTO_INVALID_DIMENSIONS"),
    (png(21, 1), "PHOTO_INVALID_DIMENSIONS"),
    (bytes(10 * 1024 * 1024 + 1), "file of size 10485761 bytes is too big for a photo"),
]


@pytest.mark.parametrize(("content", "reason"), FILES_REFUSED, ids=[reason for _, reason in FILES_REFUSED])
async def test_invalid_pictures_are_refused(api: Api, ada: Account, content: bytes, reason: str) -> None:
    body = await upload(api, "sendPhoto", {"photo": ("a.png", content, "image/png")}, chat_id=ada.id)
    assert body["description"] == f"Bad Request: {reason}"


async def test_invalid_photo_references_are_refused(api: Api, ada: Account) -> None:
    for photo, reason in [
        ("", "there is no photo in the request"),
        ("attach://nothing", "there is no photo in the request"),
        ("https://pals.no/a.png", "failed to get HTTP URL content"),
        ("AgAC", "wrong file identifier/HTTP URL specified"),
    ]:
        assert await api.refusal("sendPhoto", chat_id=ada.id, photo=photo) == f"Bad Request: {reason}"


async def test_captions_and_media_are_edited(api: Api, sim: Sim, ada: Account) -> None:
    sent = await upload(
        api, "sendPhoto", {"photo": ("a.png", png(), "image/png")}, chat_id=ada.id, caption="one"
    )
    place = {"chat_id": ada.id, "message_id": sent["result"]["message_id"]}
    edited = await api.result("editMessageCaption", **place, caption="<b>two</b>", parse_mode="HTML")
    assert (edited["caption"], edited["caption_entities"][0]["type"]) == ("two", "bold")
    too_long = await api.refusal("editMessageCaption", **place, caption="x" * 1025)
    assert too_long == "Bad Request: message caption is too long"
    assert "caption" not in await api.result("editMessageCaption", **place)
    assert await api.refusal("editMessageText", **place, text="x") == (
        "Bad Request: there is no text in the message to edit"
    )
    body = await upload(
        api,
        "editMessageMedia",
        {"new": ("b.txt", b"b", "text/plain")},
        **place,
        media={"type": "document", "media": "attach://new", "caption": "three"},
    )
    assert (body["result"]["document"]["file_name"], "photo" in body["result"]) == ("b.txt", False)
    assert (await sim.chat(ada)).texts == ["/start", "three"]


@pytest.mark.parametrize("content", [png(), JPEG, GIF, WEBP_X, WEBP_L, WEBP_Y])
def test_the_size_of_a_picture(content: bytes) -> None:
    assert picture_size(content) == (90, 60)


def test_broken_pictures_have_no_size() -> None:
    for content in (png()[:18], JPEG[:12], b"\xff\xd8" + b"x" * 20, GIF[:8], WEBP_X[:16], b""):
        assert picture_size(content) is None


def test_formats_other_than_telegrams_have_no_size() -> None:
    for content in (b"<svg width='3' height='4'>", b"P6 3 4 255\n", b"BM" + bytes(40), b"RIFF\0\0\0\0WAVE"):
        assert picture_size(content) is None


def test_old_files_are_evicted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("localchat.files.MAX_STORED_BYTES", 5)
    files = Files()
    first, second = files.add("document", "a", "text/plain", b"123"), files.add("document", "b", "", b"456")
    assert (files.get(first.id), files.get(second.id)) == (None, second)
    assert files.add("document", "c", "", b"7").path == "documents/file_2.bin"


PEOPLE_SEND: list[dict[str, Any]] = [
    {"kind": "photo", "caption": "here"},
    {"kind": "document", "content": base64.b64encode(b"x").decode(), "file_name": "x.txt"},
    {"kind": "sticker", "emoji": "👍"},
    {"kind": "location", "latitude": 62.5, "longitude": 7.5},
    {"kind": "contact", "phone_number": "+4799000001"},
    {"kind": "voice"},
]


@pytest.mark.parametrize("asked", PEOPLE_SEND, ids=[asked["kind"] for asked in PEOPLE_SEND])
async def test_people_send_content_other_than_text(
    sim: Sim, ada: Account, fetched: Fetch, asked: dict[str, Any]
) -> None:
    shown = await sim.send(ada, **asked)
    [update] = await fetched()
    assert asked["kind"] in update["message"]
    assert update["message"].get("caption") == asked.get("caption")
    assert "/sim/" not in json.dumps(update)
    assert ("url" in shown) == (asked["kind"] in ("photo", "document", "sticker", "voice"))
