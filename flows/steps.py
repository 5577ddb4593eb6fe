"""Steps: the coarse parts of an errand, in the order in which they are done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One part of an errand; what it finds is kept in the errand's own object."""

    name: str
    run: Callable[[], None]
