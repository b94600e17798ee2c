"""The bot's profile: published in every language at start, idempotently."""

from collections import Counter

import localchat
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.profile import publish_profile
from bot.channels.telegram.transport import Transport
from bot.i18n import CODES
from localchat.client import Sim
from tests.support.features import FEATURES


async def test_publishing_the_profile_is_idempotent_in_every_language() -> None:
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        account = await sim.bot()
        client = BotClient(
            account.token,
            base_url=f"{server.url}/bot",
            base_file_url=f"{server.url}/file/bot",
            transport=Transport(),
        )
        async with client:
            await publish_profile(client, FEATURES)
            first = [c["method"] for c in await sim.calls() if c["method"].startswith("setMy")]
            await publish_profile(client, FEATURES)
            both = [c["method"] for c in await sim.calls() if c["method"].startswith("setMy")]
            said = (await client.call("getMyShortDescription", language_code="en"))["short_description"]
            commands = await client.call("getMyCommands")
    # English stands there already, as what is shown where nothing is set.
    assert Counter(first) == {
        "setMyCommands": len(CODES) + 1,
        "setMyDescription": len(CODES),
        "setMyShortDescription": len(CODES),
    }
    assert both == first
    assert said == "For PALS schools: what we practise, and what we see. No pupil is ever named."
    assert [c["command"] for c in commands] == ["hjem", "mer"]


async def test_a_server_error_while_publishing_is_not_raised() -> None:
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        account = await sim.bot()
        await sim.fault("getMyDescription", "status", status=500, times=1)
        client = BotClient(
            account.token,
            base_url=f"{server.url}/bot",
            base_file_url=f"{server.url}/file/bot",
            transport=Transport(),
        )
        async with client:
            await publish_profile(client, FEATURES)
        assert [c["method"] for c in await sim.calls() if c["method"].startswith("setMy")] == []
