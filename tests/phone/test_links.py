"""URL validation: which URLs are opened, and which are join links to the phone's own bot."""

from tests.phone.conftest import Opener

ADDRESSES = [
    "https://example.org/a?b=1",
    "example.org/a",
    "mailto:post@example.org",
    "tel:+4722000000",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "http://",
]

JOIN = [
    "https://t.me/pals_bot?start=a_1",
    "t.me/PALS_bot?start=a_1",
    "http://telegram.me/pals_bot",
    "tg://resolve?domain=pals_bot&start=a_1",
    "/t/pals_bot?start=a_1",
    "https://t.me/other_bot?start=a_1",
    "https://example.org/t/pals_bot?start=a_1",
    "https://t.me/pals_bot/extra?start=a_1",
    "not an address at all",
]


async def test_only_safe_urls_are_links(visit: Opener) -> None:
    """http, https, mailto and tel; never javascript, data or file."""
    page = await visit("/t/nobody_bot")
    opened = await page.evaluate(
        "async (all) => { const { openable } = await import('/static/links.js'); return all.map(openable); }",
        ADDRESSES,
    )
    assert opened == [
        "https://example.org/a?b=1",
        "https://example.org/a",
        "mailto:post@example.org",
        "tel:+4722000000",
        *[None] * 7,
    ]


async def test_join_links_are_recognized_in_every_form(visit: Opener) -> None:
    """t.me and telegram.me URLs, the tg: scheme and this server's page; another bot's link is none."""
    page = await visit("/t/nobody_bot")
    parameters = await page.evaluate(
        "async (all) => { const { joinParameter } = await import('/static/links.js');"
        " return all.map((link) => joinParameter(link, 'pals_bot')); }",
        JOIN,
    )
    assert parameters == ["a_1", "a_1", "", "a_1", "a_1", None, None, None, None]
