"""Waiting for a page, without evaluating strings inside it: a strict CSP forbids that."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Frame, Page

PATIENCE_S = 20.0


def until(page: Page | Frame, expression: str, argument: Any = None) -> Any:
    """The first true value of an expression in the page.

    Raises:
        AssertionError: it did not become true.
    """
    deadline = time.monotonic() + PATIENCE_S
    while True:
        value = page.evaluate(expression, argument)
        if value:
            return value
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(40)


def current_time(page: Page | Frame) -> float:
    """Where the recording stands, in seconds."""
    return float(page.evaluate("document.querySelector('video').currentTime"))
