"""The checkout is what is imported, files stay readable, contracts are kept."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = (
    "townhall",
    "live",
    "pipeline",
    "publishers",
    "mailroom",
    "flows",
    "portal",
    "site_templates",
)
#: a file longer than this has two nouns in it
LINES_AT_MOST = 350
#: hosts of package registries and mirrors, and places on somebody's machine; in pieces,
#: so that this page does not find itself
FORBIDDEN = re.compile(
    "|".join(
        (
            "pypi" + r"\.org",
            "pythonhosted" + r"\.org",
            "registry" + r"\.npmjs",
            "deb" + r"\.debian\.org",
            "proxy" + r"\.golang",
            r"index-url\s*=",
            "/work/" + "(main|shared)",
            "/home/" + r"\w",
            "/root" + r"/\w",
            "/Users/" + r"\w",
        )
    )
)
#: vendored from elsewhere, byte for byte
VENDORED = ("tests/browser/vendor/", "site_templates/vendor/")


def _tracked(*patterns):
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            *patterns,
        ],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [
        CHECKOUT / name
        for name in listed.split("\0")
        if name and (CHECKOUT / name).is_file()
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_the_one_of_this_checkout(package):
    """The names are common; another distribution must not stand in for ours."""
    assert Path(import_module(package).__file__).is_relative_to(CHECKOUT / package)


def test_no_file_of_the_product_is_longer_than_a_reader_likes():
    long = {
        str(path.relative_to(CHECKOUT)): lines
        for path in _tracked(*(f"{package}/**/*.py" for package in PACKAGES))
        if "migrations/versions" not in str(path)
        and (lines := len(path.read_text("utf-8").splitlines())) > LINES_AT_MOST
    }

    assert long == {}


def test_no_module_is_a_drawer_for_anything():
    junk = {"utils", "util", "helpers", "helper", "manager", "common", "base", "misc"}

    found = [path for path in _tracked("*.py") if path.stem in junk]

    assert found == []


def test_no_tracked_file_names_a_registry_or_a_place_on_somebodys_machine():
    found = {}
    for path in _tracked():
        name = str(path.relative_to(CHECKOUT))
        if name.startswith(VENDORED):
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue  # pictures, sound, fonts
        if hit := FORBIDDEN.search(text):
            found[name] = hit.group()

    assert found == {}


def test_every_room_keeps_to_its_storey():
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout
    assert "0 broken" in checked.stdout


def test_tests_mirror_the_town_hall():
    tested = {
        path.relative_to(CHECKOUT / "tests").with_name(path.stem.removeprefix("test_"))
        for path in _tracked("tests/townhall/**/*.py")
        if path.name.startswith("test_")
    }
    modules = {
        path.relative_to(CHECKOUT).with_suffix("")
        for path in _tracked("townhall/**/*.py")
    } | {Path("townhall/migrations")}

    assert tested - modules == set()
