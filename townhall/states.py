"""Rows with a life: an enum with a comment for each state, a table of moves, one mover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from townhall.errors import WrongState, listed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum


class _Living(Protocol):
    """A row with an id, a state and a table of allowed moves."""

    MOVES: ClassVar[Mapping[Any, frozenset[Any]]]
    id: Any
    state: Any


def move(row: _Living, to: StrEnum) -> None:
    """Move a row to another state.

    Raises:
        WrongState: the table of moves does not allow it; the error says what it allows.
    """
    allowed = row.MOVES[row.state]
    if to not in allowed:
        raise WrongState(
            kind=type(row).__name__,
            id=row.id,
            state=str(row.state),
            allowed=listed(sorted(str(state) for state in allowed)) or "nothing",
            wanted=str(to),
        )
    row.state = to
