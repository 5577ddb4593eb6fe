"""What can keep an errand from being done.

FlowsError
├── AlreadyRunning      another process of this kind works on the data directory
├── DiskNearlyFull      nothing new is built
├── LeaseLost           somebody else has taken over, or the result is not wanted any more
├── PrefectUnreachable  the errand waits; it has not failed
├── NotPublished        something still is due
└── StepFailed          what Prefect is told of a failure: its kind, never its words
"""

from __future__ import annotations

from townhall.errors import SprechstundeError


class FlowsError(SprechstundeError):
    """An errand could not be done."""


class AlreadyRunning(FlowsError):
    """`{what}` is already running on {data}. Stop it first, or use another data directory."""


class DiskNearlyFull(FlowsError):
    """Only {free_gb:.1f} GB are free in {folder}, {needed_gb:.1f} GB are needed. Make room; it goes on by itself."""

    retryable = True


class LeaseLost(FlowsError):
    """The errand {key} is no longer ours to do."""


class PrefectUnreachable(FlowsError):
    """The Prefect server does not answer ({reason}). The errand waits until it does."""

    retryable = True


class NotPublished(FlowsError):
    """Still being published: {ids}. See: sprechstunde status"""


class StepFailed(FlowsError):
    """{kind}"""
