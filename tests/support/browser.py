"""The tests' browser: finds Chromium wherever it is installed, and installs it where there is none.

    python -m tests.support.browser      # what `make test` runs first; exits 1 with a sentence when there is none

A test takes `executable()`, which only looks: at PALSBOT_CHROMIUM, at Playwright's downloads, along the PATH, and
where installers of Chromium and Chrome put them. The command also installs: by Playwright's download, else by the
system's package manager where that needs no password.
"""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

VARIABLE: Final = "PALSBOT_CHROMIUM"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES: Final = (
    "/usr/bin/chromium",  # a PATH may leave these out
    "/usr/lib/chromium/chromium",
    "/snap/bin/chromium",
    "/opt/google/chrome/chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
DOWNLOADED: Final = (  # as Playwright names them, on Linux and macOS
    "chromium-*/chrome-*/chrome",
    "chromium-*/chrome-*/*.app/Contents/MacOS/*",
    "chromium_headless_shell-*/chrome-*/chrome-headless-shell",
    "chromium_headless_shell-*/chrome-*/headless_shell",
)
MANAGERS: Final[
    Mapping[str, tuple[str, ...]]
] = {  # with fonts for Arabic and emoji where a bare server has none
    "apt-get": (
        "update -qq",
        "install -qq -y --no-install-recommends chromium fonts-noto-core fonts-noto-color-emoji",
    ),
    "dnf": ("install -q -y chromium",),
    "zypper": ("--non-interactive --quiet install chromium",),
    "pacman": ("-Sy --noconfirm --needed chromium noto-fonts noto-fonts-emoji",),
    "apk": ("add --quiet chromium font-noto font-noto-arabic font-noto-emoji",),
}
QUIET: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""Arguments for a launch: as root too, and without a call to the network."""

ANSWERS: Final = 30.0
DOWNLOADS: Final = 300.0
INSTALLS: Final = 900.0
"""Seconds after which a command is given up."""


class NoBrowser(Exception):  # noqa: N818 - it says what is wrong
    """There is no browser; the text says what to do."""


@dataclass(frozen=True)
class Machine:
    """Where to look on a machine, and what may be done to it."""

    environ: Mapping[str, str]
    root: bool = False
    places: tuple[str, ...] = PLACES
    playwright: tuple[str, ...] = (sys.executable, "-m", "playwright")

    def browser(self) -> Path | None:
        """The first browser that answers, or None. Raises NoBrowser when PALSBOT_CHROMIUM names one that does not."""
        named = self.environ.get(VARIABLE)
        if not named:
            return next(filter(self._answers, self._candidates()), None)
        found = self._which(named)
        if found is None or not self._answers(Path(found)):
            raise NoBrowser(f"{VARIABLE} names {named}, which does not run: name another, or unset it.")
        return Path(found)

    def get(self) -> Path:
        """The browser, installed first when there is none. Raises NoBrowser."""
        found = self.browser()
        if found:
            return found
        for what, commands, limit in self._ways():
            _say(f"No Chromium yet: trying {what}.")
            outputs = [output for code, output in (self._run(each, limit) for each in commands) if code]
            found = self.browser()
            if found:
                return found
            _say(f"That brought none: {_reason(outputs)}")
        manager = self._manager()
        how = f" (`sudo {manager} {MANAGERS[manager][-1]}`)" if manager else ""
        raise NoBrowser(
            f"The tests need Chromium, and it could not be installed: install it{how}, "
            f"or set {VARIABLE} to the path of a Chromium or Chrome, and run `make test` again."
        )

    def _candidates(self) -> Iterator[Path]:
        yield from self._downloaded()
        for name in NAMES:
            found = self._which(name)
            if found:
                yield Path(found)
        yield from map(Path, self.places)

    def _downloaded(self) -> Iterator[Path]:
        """Playwright's, the latest first."""
        home = Path(self.environ.get("HOME", "/"))
        named = self.environ.get("PLAYWRIGHT_BROWSERS_PATH")
        folders = (
            *([Path(named)] if named else []),
            Path(self.environ.get("XDG_CACHE_HOME") or home / ".cache") / "ms-playwright",
            home / "Library/Caches/ms-playwright",
        )
        for folder in folders:
            for pattern in DOWNLOADED:
                yield from sorted(folder.glob(pattern), reverse=True)

    def _answers(self, program: Path) -> bool:
        """Whether it runs: Ubuntu's chromium-browser only says what to install, a download may lack libraries."""
        try:
            asked = subprocess.run(
                [program, "--version"],
                env=self.environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=ANSWERS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return asked.returncode == 0

    def _ways(self) -> Iterator[tuple[str, list[list[str]], float]]:
        """What may be tried to get one: in words, the commands, and the seconds that each may take."""
        yield "Playwright's download", [[*self.playwright, "install", "--no-shell", "chromium"]], DOWNLOADS
        before = self._before_installing()
        manager = self._manager()
        if before is None or manager is None:
            return
        if manager == "apt-get" and any(self._downloaded()):
            libraries = [[*self.playwright, "install-deps", "chromium"]]
            yield "the libraries that Playwright's Chromium lacks", libraries, INSTALLS
        steps = [[*before, manager, *step.split()] for step in MANAGERS[manager]]
        yield manager, steps, INSTALLS

    def _before_installing(self) -> list[str] | None:
        """What stands before a command that installs, or None where it would need a password."""
        without_questions = ["/usr/bin/env", "DEBIAN_FRONTEND=noninteractive"]
        if self.root:
            return without_questions
        sudo = self._which("sudo")
        if sudo and self._run([sudo, "-n", "true"], ANSWERS)[0] == 0:
            return [sudo, "-n", *without_questions]
        return None

    def _manager(self) -> str | None:
        return next(filter(self._which, MANAGERS), None)

    def _which(self, program: str) -> str | None:
        return shutil.which(program, path=self.environ.get("PATH", os.defpath))

    def _run(self, command: list[str], limit: float) -> tuple[int, str]:
        """The exit code of a command and what it printed; when its time is up, it ends with all that it started."""
        with subprocess.Popen(
            [self._which(command[0]) or command[0], *command[1:]],
            env={**self.environ, "PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=limit)
            except subprocess.TimeoutExpired:
                with suppress(PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                return 1, f"no end within {limit:.0f} seconds"
        return process.returncode, output


def _reason(outputs: list[str]) -> str:
    """The line that says why, of what failed commands have printed."""
    lines = [line.strip() for output in outputs for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("Error:", "E:"))]
    return next(iter(errors + lines[::-1]), "what it installed does not run.")


def _say(says: str) -> None:
    sys.stdout.write(f"{says}\n")
    sys.stdout.flush()


@cache
def executable() -> Path:
    """This machine's browser. Raises NoBrowser."""
    found = Machine(os.environ).browser()
    if found is None:
        raise NoBrowser("The tests need Chromium: run `make test`, which installs it.")
    return found


def main(machine: Machine) -> int:
    try:
        found = machine.get()
    except NoBrowser as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    _say(f"The tests use {found}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Machine(os.environ, root=os.geteuid() == 0)))
