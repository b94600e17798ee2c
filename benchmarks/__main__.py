"""`python -m benchmarks [name …]`: measure, and print each figure as `name: value`.

Each benchmark is a module of this package with `async def measure() -> Figures`; its name is the
module's. To add one, write the module and name it in `NAMES`. Peers are measured in the same run, taking
turns with us, because the machine matters more than the code: keep the ratios.
"""

import asyncio
import importlib
import sys

from benchmarks.figures import Figures

NAMES = ("send", "tap", "read_tap", "bulk", "limits", "plan", "start")


def main(asked: list[str]) -> int:
    """Run the benchmarks asked for (all, when none is) and return the exit status."""
    unknown = [name for name in asked if name not in NAMES]
    if unknown:
        print(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    for name in asked or NAMES:
        module = importlib.import_module(f"benchmarks.{name}")
        figures: Figures = asyncio.run(module.measure())
        for figure, value in figures.items():
            print(f"{figure}: {value:g}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
