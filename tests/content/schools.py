"""The two schools that come with palsbot."""

from pathlib import Path

import bot.content

SCHOOLS = Path(bot.content.__file__).parent / "schools"
FURULIA = SCHOOLS / "furulia.yaml"
LITEN = SCHOOLS / "liten.yaml"
