"""``make bench``: measure the figures of docs/performance.md, ratios side by side in one run.

Writes ``build/bench.json``, a list of ``{"name", "figure", "unit", "goal", "holds"}``.
``make bench ARGS="pipeline"`` measures a part. Ends with status 1 when a goal is missed.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PARTS = ("speech", "pipeline", "site")
REPORT = Path("build/bench.json")


@dataclass(frozen=True)
class Report:
    """Takes the figures of one part, prints them and writes them down at once."""

    part: str
    rows: list[dict[str, Any]]

    def __call__(
        self,
        name: str,
        figure: float,
        unit: str,
        goal: str,
        holds: bool,  # noqa: FBT001 - the shape every bench calls
    ) -> None:
        mark = "✔" if holds else "✘"
        print(f"{mark} {name}: {figure:.4g} {unit} (goal {goal})", flush=True)
        self.rows.append(
            {
                "part": self.part,
                "name": name,
                "figure": figure,
                "unit": unit,
                "goal": goal,
                "holds": holds,
            }
        )
        REPORT.write_text(json.dumps(self.rows, ensure_ascii=False, indent=1))


def main(parts: list[str]) -> int:
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        print(f"unknown part {', '.join(unknown)}; there are {', '.join(PARTS)}")
        return 2
    rows: list[dict[str, Any]] = []
    if REPORT.exists():  # figures of parts that are not measured now stay
        rows = [
            row
            for row in json.loads(REPORT.read_text())
            if row.get("part") not in (parts or PARTS)
        ]
    REPORT.parent.mkdir(exist_ok=True)
    for part in parts or PARTS:
        importlib.import_module(f"bench.{part}").run(Report(part, rows))
    missed = [row["name"] for row in rows if not row["holds"]]
    print(f"{len(rows) - len(missed)} goals hold, {len(missed)} missed")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
