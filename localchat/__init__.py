"""localchat: a fake Telegram Bot API server for tests and demos, with a phone in the browser.

To a bot it is a Bot API server as strict as Telegram's; to people a page with phones; to tests and other programs
the control interface under `/sim/`. `serve()` runs a server, `client.Sim` is its client. It depends on no other part.

    async with localchat.serve(limits=False) as server, Sim(server.url) as sim:
        bot = await sim.bot("pals_bot", "PALS")
        ada = await sim.person("Ada", language_code="nb")
        await sim.start(ada)
"""

from localchat.server import Server, begin, create, serve

__all__ = ["Server", "begin", "create", "serve"]
