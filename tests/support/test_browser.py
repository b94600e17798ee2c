"""Which browser the tests find, and how they get one.

Real files on a PATH and in a HOME, a download server of our own, and package managers that are scripts.
"""

import io
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.support.browser import Machine, NoBrowser, main

WORKS = "#!/bin/sh\necho Chromium 1.0\n"
WANTS_SNAP = "#!/bin/sh\necho 'chromium-browser requires the chromium snap' >&2\nexit 1\n"
NOWHERE = "http://127.0.0.1:9"  # nothing answers there
REFUSED = "#!/bin/sh\necho Downloading\necho 'Error: connect ECONNREFUSED'\necho '    at line 1'\nexit 1\n"


@dataclass(frozen=True)
class Box:
    """A machine with nothing on it but what a test puts there."""

    root: Path

    def put(self, path: str, script: str = WORKS, mode: int = 0o755) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script, encoding="utf-8")
        file.chmod(mode)
        return file

    def machine(self, *, root: bool = False, **environ: str) -> Machine:
        """Its Playwright cannot download."""
        playwright = self.put("playwright", REFUSED)
        return Machine(self.environ(**environ), root, (str(self.root / "opt/chrome"),), (str(playwright),))

    def with_playwright(self, **environ: str) -> Machine:
        """With the real Playwright."""
        return Machine(self.environ(**environ), root=True, places=())

    def environ(self, **more: str) -> dict[str, str]:
        return {"PATH": str(self.root / "bin"), "HOME": str(self.root / "home"), **more}


@pytest.fixture
def box(tmp_path: Path) -> Box:
    (tmp_path / "bin").mkdir()
    return Box(tmp_path)


def test_the_order(box: Box) -> None:
    """What is asked for, what Playwright has downloaded, the PATH, the places of installers."""
    named = box.put("elsewhere/my chrome")
    inside = "home/.cache/ms-playwright"
    rest = [
        box.put(f"{inside}/chromium-1255/chrome-linux64/chrome"),
        box.put(f"{inside}/chromium-1100/chrome-linux/chrome"),
        box.put(f"{inside}/chromium_headless_shell-1255/chrome-headless-shell-linux64/chrome-headless-shell"),
        box.put(
            "home/Library/Caches/ms-playwright/chromium-1255/chrome-mac-arm64/"
            "Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing"
        ),
        box.put("bin/chromium"),
        box.put("bin/chromium-browser"),
        box.put("bin/google-chrome"),
        box.put("bin/google-chrome-stable"),
        box.put("opt/chrome"),
    ]
    assert box.machine(PALSBOT_CHROMIUM=str(named)).browser() == named
    found = []
    while browser := box.machine().browser():
        found.append(browser)
        browser.unlink()
    assert found == rest


def test_what_does_not_run_is_passed_over(box: Box) -> None:
    box.put("bin/chromium", mode=0o644)
    box.put("bin/chromium-browser", WANTS_SNAP)
    (box.root / "bin/google-chrome").mkdir()
    good = box.put("bin/google-chrome-stable")
    assert box.machine().browser() == good


def test_a_folder_of_downloads_may_be_named(box: Box) -> None:
    good = box.put("mine/chromium-1255/chrome-linux64/chrome")
    assert box.machine(PLAYWRIGHT_BROWSERS_PATH=str(box.root / "mine")).browser() == good
    assert box.machine().browser() is None


def test_a_named_browser_that_does_not_run_is_a_stated_problem(
    box: Box, capsys: pytest.CaptureFixture[str]
) -> None:
    box.put("bin/chromium")
    machine = box.machine(PALSBOT_CHROMIUM="/no/such/chrome")
    assert main(machine) == 1
    assert capsys.readouterr() == (
        "",
        "PALSBOT_CHROMIUM names /no/such/chrome, which does not run: name another, or unset it.\n",
    )


def test_what_is_there_is_used_and_nothing_is_installed(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    good = box.put("bin/chromium")
    box.put("bin/apt-get", f"#!/bin/sh\ntouch {box.root}/called\n")
    assert main(box.machine(root=True)) == 0
    assert capsys.readouterr() == (f"The tests use {good}.\n", "")
    assert not (box.root / "called").exists()


# --- where there is none ------------------------------------------------------------------------------------


class Downloads(BaseHTTPRequestHandler):
    """Answers every path as Playwright expects it: an archive with a folder of its name, and a browser in that."""

    def do_GET(self) -> None:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr(f"{Path(self.path).stem}/chrome", WORKS)
        self.send_response(200)
        self.send_header("Content-Length", str(len(archive.getvalue())))
        self.end_headers()
        self.wfile.write(archive.getvalue())

    def log_message(self, *_: object) -> None:
        """Not to the output of the tests."""


@pytest.fixture
def downloads() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Downloads)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="the archive is laid out as for Linux")
def test_playwright_downloads_one_first(box: Box, downloads: str, capsys: pytest.CaptureFixture[str]) -> None:
    box.put("bin/apt-get", f"#!/bin/sh\ntouch {box.root}/called\n")
    machine = box.with_playwright(PLAYWRIGHT_DOWNLOAD_HOST=downloads)
    assert main(machine) == 0
    found = machine.browser()
    assert found is not None
    assert found.is_relative_to(box.root / "home/.cache/ms-playwright")
    assert capsys.readouterr() == (
        f"No Chromium yet: trying Playwright's download.\nThe tests use {found}.\n",
        "",
    )
    assert not (box.root / "called").exists()


APT = """#!/bin/sh
echo "$DEBIAN_FRONTEND: apt-get $*" >> {root}/calls
case "$1" in install) printf '#!/bin/sh\\n' > {root}/bin/chromium; /bin/chmod 755 {root}/bin/chromium;; esac
"""
APT_CALLS = """\
noninteractive: apt-get update -qq
noninteractive: apt-get install -qq -y --no-install-recommends chromium fonts-noto-core fonts-noto-color-emoji
"""
SUDO = (
    '#!/bin/sh\n[ "$1" = -n ] || exit 1\nshift\n[ "$1" = true ] || exec /usr/bin/env -i PATH="$PATH" "$@"\n'
)
LOCKED_SUDO = "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n"


@pytest.mark.parametrize("by_sudo", [False, True])
def test_the_package_manager_comes_next(box: Box, by_sudo: bool, capsys: pytest.CaptureFixture[str]) -> None:
    box.put("bin/apt-get", APT.format(root=box.root))
    if by_sudo:
        box.put("bin/sudo", SUDO)
    assert main(box.machine(root=not by_sudo)) == 0
    assert (box.root / "calls").read_text() == APT_CALLS
    said, problem = capsys.readouterr()
    assert said.splitlines() == [
        "No Chromium yet: trying Playwright's download.",
        "That brought none: Error: connect ECONNREFUSED",
        "No Chromium yet: trying apt-get.",
        f"The tests use {box.root}/bin/chromium.",
    ]
    assert problem == ""


def test_a_download_that_is_refused_is_quoted(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(box.with_playwright(PLAYWRIGHT_DOWNLOAD_HOST=NOWHERE)) == 1
    said, problem = capsys.readouterr()
    assert said.splitlines()[1].startswith("That brought none: Error: ")
    assert problem.startswith("The tests need Chromium, and it could not be installed: install it, or set ")


def test_a_download_that_lacks_libraries_gets_them(box: Box) -> None:
    """As on Ubuntu, which has no Chromium of its own."""
    lacking = f"#!/bin/sh\n[ -e {box.root}/libraries ]\n"
    chrome = box.put("home/.cache/ms-playwright/chromium-1255/chrome-linux64/chrome", lacking)
    playwright = box.put(
        "playwright", f'#!/bin/sh\n[ "$*" = "install-deps chromium" ] && echo > {box.root}/libraries\n'
    )
    box.put("bin/apt-get", "#!/bin/sh\nexit 1\n")
    given = Machine(box.environ(), root=True, places=(), playwright=(str(playwright),))
    assert given.get() == chrome


@pytest.mark.parametrize("sudo", [None, LOCKED_SUDO])
def test_without_leave_nothing_is_installed_and_a_sentence_says_how(
    box: Box, sudo: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    box.put("bin/dnf", f"#!/bin/sh\ntouch {box.root}/called\n")
    if sudo:
        box.put("bin/sudo", sudo)
    assert main(box.machine()) == 1
    assert capsys.readouterr().err == (
        "The tests need Chromium, and it could not be installed: install it (`sudo dnf install -q -y chromium`), "
        "or set PALSBOT_CHROMIUM to the path of a Chromium or Chrome, and run `make test` again.\n"
    )
    assert not (box.root / "called").exists()


def test_a_package_manager_that_fails_is_quoted(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    box.put("bin/apt-get", "#!/bin/sh\necho Reading\necho 'E: Unable to locate package chromium'\nexit 100\n")
    with pytest.raises(NoBrowser, match="sudo apt-get install"):
        box.machine(root=True).get()
    assert capsys.readouterr().out.splitlines()[-1] == (
        "That brought none: E: Unable to locate package chromium"
    )
