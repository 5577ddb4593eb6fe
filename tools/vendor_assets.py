"""Copy the third-party web files the house ships from the npm packages to where they live.

Run once after a change of ``tools/web/package.json``::

    cd tools/web && npm install --ignore-scripts --package-lock-only   # new lock
    npm ci --ignore-scripts && python ../vendor_assets.py              # new files

Running and testing need no node: the files and ``tools/web/vendor.json`` (package,
version, licence, SHA-256 of each) are committed; a test compares them.

KERN's style sheet weighs more than our whole page, so only the design tokens we
use are taken from it: names as in KERN, values resolved, ``oklch()`` turned into
sRGB for browsers older than 2023.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
from pathlib import Path

WEB = Path(__file__).resolve().parent / "web"
ROOT = WEB.parent.parent
MODULES = WEB / "node_modules"
ASSETS = Path("site_templates/website/assets")
TOKENS_CSS = ASSETS / "kern-tokens.css"

COPIES = [
    ("@fontsource/fira-sans", "files/fira-sans-latin-400-normal.woff2", ASSETS),
    ("@fontsource/fira-sans", "files/fira-sans-latin-600-normal.woff2", ASSETS),
    ("axe-core", "axe.min.js", Path("tests/browser/vendor")),
]

COLOURS = [
    "layout-border",
    "layout-text-default",
    "layout-text-muted",
    "layout-background-default",
    "layout-background-hued",
    "action-default",
    "action-on-default",
    "action-visited",
    "action-focus-default",
    "form-input-border",
    "form-input-background",
    "feedback-info",
    "feedback-info-background",
    "feedback-success",
    "feedback-success-background",
    "feedback-warning",
    "feedback-warning-background",
    "feedback-danger",
    "feedback-danger-background",
    "decorative-border-default",
]
METRICS = [
    "metric-space-2x-small",
    "metric-space-x-small",
    "metric-space-small",
    "metric-space-default",
    "metric-space-large",
    "metric-space-x-large",
    "metric-space-3x-large",
    "metric-space-5x-large",
    "metric-border-width-light",
    "metric-border-width-default",
    "metric-border-width-bold",
    "metric-border-radius-default",
    "metric-border-radius-large",
    "typography-font-size-small-static",
    "typography-font-size-medium-static",
    "typography-font-size-large-static",
    "typography-font-size-large-adaptive",
    "typography-font-weight-regular",
    "typography-font-weight-semi-bold",
]


def oklch_to_hex(lightness: float, chroma: float, hue_deg: float) -> str:
    """CSS Color 4 § 10.3: OKLCH to sRGB, clipped to the gamut."""
    a = chroma * math.cos(math.radians(hue_deg))
    b = chroma * math.sin(math.radians(hue_deg))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    channels = []
    for value in linear:
        clipped = min(1.0, max(0.0, value))
        gamma = (
            12.92 * clipped
            if clipped <= 0.0031308
            else 1.055 * clipped ** (1 / 2.4) - 0.055
        )
        channels.append(round(255 * gamma))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def read_tokens(css: str) -> dict[str, dict[str, str]]:
    """All custom properties of KERN: the shared ones, then those of each theme."""
    scopes: dict[str, dict[str, str]] = {"": {}, "light": {}, "dark": {}}
    scheme = re.compile(
        r"@media \(prefers-color-scheme: (\w+)\) \{\n(.*?)\n\}\n", re.DOTALL
    )
    prop = re.compile(r"^\s*--kern-([\w-]+):\s*([^;]+);", re.MULTILINE)
    for match in scheme.finditer(css):
        scopes[match[1]].update(prop.findall(match[2]))
    start = css.index(":root {")
    for block in re.findall(
        r"^:root \{\n(.*?)\n\}", css[start:], re.DOTALL | re.MULTILINE
    ):
        scopes[""].update(prop.findall(block))
    return scopes


def resolve(name: str, scope: dict[str, str]) -> str:
    """The plain value behind a token."""
    value = scope[name]
    if match := re.fullmatch(r"var\(--kern-([\w-]+)\)", value):
        return resolve(match[1], scope)
    if match := re.fullmatch(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)(?:deg)?\)", value):
        return oklch_to_hex(float(match[1]) / 100, float(match[2]), float(match[3]))
    return value


def tokens_css(css: str, version: str) -> str:
    """The style sheet with the tokens we use."""
    scopes = read_tokens(css)

    def block(names: list[str], theme: str, indent: str = "") -> str:
        scope = scopes[""] | scopes[theme]
        lines = [f"{indent}  --kern-{name}: {resolve(name, scope)};" for name in names]
        return f"{indent}:root {{\n" + "\n".join(lines) + f"\n{indent}}}\n"

    colours = [f"color-{name}" for name in COLOURS]
    return (
        f"/* Design tokens of KERN {version} (@kern-ux/native, EUPL-1.2), values resolved\n"
        "   by tools/vendor_assets.py. Do not edit. */\n"
        + block(METRICS, "light")
        + block(colours, "light")
        + "@media (prefers-color-scheme: dark) {\n"
        + block(colours, "dark", "  ")
        + "}\n"
    )


def main() -> None:
    """Write the files and ``vendor.json``."""
    lock = json.loads((WEB / "package-lock.json").read_text())["packages"]
    entries = []

    def note(path: Path, package: str) -> None:
        locked = lock[f"node_modules/{package}"]
        entries.append(
            {
                "file": path.as_posix(),
                "package": package,
                "version": locked["version"],
                "licence": locked["license"],
                "integrity": locked["integrity"],
                "sha256": hashlib.sha256((ROOT / path).read_bytes()).hexdigest(),
            }
        )

    for package, source, folder in COPIES:
        target = folder / Path(source).name
        (ROOT / folder).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MODULES / package / source, ROOT / target)
        note(target, package)
    kern = MODULES / "@kern-ux/native"
    version = json.loads((kern / "package.json").read_text())["version"]
    css = (kern / "dist/kern.css").read_text()
    (ROOT / TOKENS_CSS).write_text(tokens_css(css, version))
    note(TOKENS_CSS, "@kern-ux/native")
    (WEB / "vendor.json").write_text(json.dumps(entries, indent=2) + "\n")
    print(f"{len(entries)} files, see tools/web/vendor.json")


if __name__ == "__main__":
    main()
