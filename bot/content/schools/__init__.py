"""The schools that come with palsbot: furulia for the demo and to copy from, liten for tests."""

from pathlib import Path

FURULIA = Path(__file__).with_name("furulia.yaml")
LITEN = Path(__file__).with_name("liten.yaml")
