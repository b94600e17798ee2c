"""Takes the picture of the demo that the README shows, from the real program: `make picture`.

The demo is started, the clock goes to the first of the month, a teacher answers the week's practice and praises, the
leader counts, and what the page shows then is written to docs/demo.png. `--dark` and `--phone`
take other views of the same moment, and `--to` writes them elsewhere.
"""

import argparse
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Locator, Page, ViewportSize, sync_playwright

from tests.support.browser import QUIET, executable

ROOT: Final = Path(__file__).parent.parent
PICTURE: Final = ROOT / "docs" / "demo.png"
DESKTOP: Final[ViewportSize] = {"width": 1500, "height": 950}
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
SETTLED: Final = 800  # milliseconds until the reply is shown on the phone
TOAST: Final = 5000  # until a toast has disappeared


@contextmanager
def demo() -> Iterator[str]:
    """The address of a demo of its own."""
    command = [sys.executable, "-m", "bot", "demo", "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.send_signal(signal.SIGTERM)


def play(page: Page) -> None:
    """On the first of the month everybody has the new focus; practice is answered, praised and counted."""
    leader, teacher = page.locator("chat-phone").nth(0), page.locator("chat-phone").nth(1)
    page.locator("[data-jump=month] button").click()
    page.locator(".strip:not([data-busy])").wait_for()
    for button in (
        newest(teacher).first,
        teacher.get_by_role("button", name="⭐").last,
        newest(teacher).first,
        newest(leader).last,
    ):
        page.wait_for_timeout(SETTLED)
        button.click()
    page.mouse.move(0, 0)
    page.wait_for_timeout(TOAST)


def newest(phone: Locator) -> Locator:
    """The buttons of a phone's last message."""
    return phone.locator("[data-message]").last.get_by_role("button")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--to", type=Path, default=PICTURE, help="the file to write")
    asked.add_argument("--dark", action="store_true", help="as it looks in the dark")
    asked.add_argument("--phone", action="store_true", help="as it looks on a phone")
    chosen = asked.parse_args()
    with demo() as address, sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable(), args=QUIET)
        page = running.new_page(
            viewport=PHONE if chosen.phone else DESKTOP,
            locale="nb-NO",
            color_scheme="dark" if chosen.dark else "light",
            reduced_motion="reduce",
        )
        page.goto(address)
        page.locator('chat-phone[state="live"]').nth(2).wait_for()
        play(page)
        page.screenshot(path=chosen.to)
        running.close()
    sys.stdout.write(f"{chosen.to}\n")


if __name__ == "__main__":
    main()
