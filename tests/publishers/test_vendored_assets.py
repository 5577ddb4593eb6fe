"""What is committed of other people's work is what the lock file names."""

import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ENTRIES = json.loads((ROOT / "tools/web/vendor.json").read_text())
LOCK = json.loads((ROOT / "tools/web/package-lock.json").read_text())["packages"]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_a_vendored_file_is_the_one_that_was_noted(entry):
    locked = LOCK[f"node_modules/{entry['package']}"]

    assert (
        hashlib.sha256((ROOT / entry["file"]).read_bytes()).hexdigest()
        == entry["sha256"]
    )
    assert {key: locked[key] for key in ("version", "integrity")} == {
        key: entry[key] for key in ("version", "integrity")
    }
    assert locked["license"] == entry["licence"]


def test_the_lock_file_names_no_download_address():
    assert [name for name, package in LOCK.items() if "resolved" in package] == []
