"""localchat: a chat server of our own that speaks the Telegram Bot API, with a phone in the browser.

To a bot it is a Bot API server as strict as Telegram's; to people a page with phones; to tests and
programs the control interface under `/sim/`. `serve()` runs one, `client.Sim` drives one. It knows nothing
of palsbot.

    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        bot = await sim.bot("pals_bot", "PALS")
        ada = await sim.person("Ada", language_code="nb")
        await sim.start(ada)
"""

from localchat.app import create
from localchat.serving import Server, begin, serve

__all__ = ["Server", "begin", "create", "serve"]
