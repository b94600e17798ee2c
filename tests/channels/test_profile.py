"""The bot's profile: set in every language at start, and left alone where it stands already."""

from collections import Counter

import localchat
from bot.channels.telegram.client import BotClient
from bot.channels.telegram.profile import publish_profile
from bot.channels.telegram.transport import Transport
from bot.i18n import CODES
from localchat.client import Sim
from tests.support.features import FEATURES


async def test_the_profile_is_set_in_every_language_once() -> None:
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        account = await sim.bot()
        line = BotClient(
            account.token,
            base_url=f"{server.url}/bot",
            base_file_url=f"{server.url}/file/bot",
            transport=Transport(),
        )
        async with line:
            await publish_profile(line, FEATURES)
            first = [c["method"] for c in await sim.calls() if c["method"].startswith("setMy")]
            await publish_profile(line, FEATURES)
            both = [c["method"] for c in await sim.calls() if c["method"].startswith("setMy")]
            said = (await line.call("getMyShortDescription", language_code="en"))["short_description"]
            commands = await line.call("getMyCommands")
    # English stands there already, as what is shown where nothing is set.
    assert Counter(first) == {
        "setMyCommands": len(CODES) + 1,
        "setMyDescription": len(CODES),
        "setMyShortDescription": len(CODES),
    }
    assert both == first
    assert said == "For PALS schools: what we practise, and what we see. No pupil is ever named."
    assert [c["command"] for c in commands] == ["hjem", "mer"]


async def test_a_server_that_refuses_leaves_the_bot_as_it_is() -> None:
    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        account = await sim.bot()
        await sim.fault("getMyDescription", "status", status=500, times=1)
        line = BotClient(
            account.token,
            base_url=f"{server.url}/bot",
            base_file_url=f"{server.url}/file/bot",
            transport=Transport(),
        )
        async with line:
            await publish_profile(line, FEATURES)
        assert [c["method"] for c in await sim.calls() if c["method"].startswith("setMy")] == []
