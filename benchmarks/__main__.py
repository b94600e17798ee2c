"""Runs benchmarks: `python -m benchmarks [name …]` measures and prints each figure as `name: value`.

Each benchmark is a module of this package with `async def measure() -> Figures`; its name is the
module's. To add one, write the module and name it in `NAMES`. Peers are measured in the same run, interleaved
with ours, because the machine matters more than the code: compare the ratios.
"""

import asyncio
import importlib
import sys

from benchmarks.figures import Figures

NAMES = ("send", "tap", "read_tap", "bulk", "limits", "plan", "start")


def main(names: list[str]) -> int:
    """Runs the named benchmarks (all, when none is named) and returns the exit status."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    for name in names or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        figures: Figures = asyncio.run(module.measure())
        for figure, value in figures.items():
            print(f"{figure}: {value:g}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
