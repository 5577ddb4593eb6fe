"""The thin Prefect shell: an errand is a flow run, its steps are tasks.

The work itself is plain functions; here it is only made visible. A run's name and
parameters are ids, a failure is told by its kind: nothing personal ever reaches
Prefect's database. Caching and retries are off, because pieces are the cache and
``townhall.errands`` counts the attempts.

Whatever Prefect does, our rows decide: a run that could not be reported as done
*is* done, and the reconciler tells Prefect when it is back.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Crashed

from flows.errors import PrefectUnreachable, StepFailed
from flows.leases import utc_now
from townhall.errands import Errand, ErrandState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prefect.client.schemas.objects import FlowRun, State

    from flows.steps import Step
    from townhall.house import House

_log = logging.getLogger(__name__)
#: runs of this age that nobody works on are put right; younger ones may be starting
SETTLE_AFTER = timedelta(minutes=2)


class _InHand:
    """The errand this process is at; tasks find it by the run's name."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = {step.name: step for step in steps}
        self.done: set[str] = set()
        self.error: Exception | None = None

    def carry_out(self, step_name: str) -> None:
        try:
            self.steps[step_name].run()
        except Exception as error:  # noqa: BLE001 - raised again by carry_out
            self.error = error
            raise StepFailed(kind=type(error).__name__) from None
        self.done.add(step_name)

    @property
    def finished(self) -> bool:
        return len(self.done) == len(self.steps)


_in_hand: dict[str, _InHand] = {}


@task(cache_policy=NO_CACHE, persist_result=False, retries=0, log_prints=False)
async def _step(run_name: str, step_name: str) -> None:
    # in a thread of its own: Prefect's event loop goes on, and an encoder that the
    # step starts dies with that thread, that is with this process
    await asyncio.to_thread(_in_hand[run_name].carry_out, step_name)


async def _steps(run_name: str) -> None:
    for name in _in_hand[run_name].steps:
        await _step.with_options(name=name, task_run_name=name)(run_name, name)


_OPTIONS: dict[str, Any] = {
    "flow_run_name": "{run_name}",
    "persist_result": False,
    "retries": 0,
    "log_prints": False,
}


@flow(name="process", **_OPTIONS)
async def process(run_name: str) -> None:
    """Hear and compose one version of a programme."""
    await _steps(run_name)


@flow(name="publish", **_OPTIONS)
async def publish(run_name: str) -> None:
    """Show one publication on its channel."""
    await _steps(run_name)


@flow(name="retention", **_OPTIONS)
async def retention(run_name: str) -> None:
    """Erase what is overdue."""
    await _steps(run_name)


_FLOWS = {"process": process, "publish": publish, "retention": retention}


def carry_out(kind: str, run_name: str, steps: Sequence[Step]) -> None:
    """Run an errand's steps, in order, as one flow run.

    Raises:
        PrefectUnreachable: not all steps were done, for no fault of theirs.
        Exception: what a step raised, as it was raised.
    """
    _in_hand[run_name] = hand = _InHand(steps)
    try:
        asyncio.run(_FLOWS[kind](run_name))
    except Exception as error:
        if hand.error is not None:
            raise hand.error from None
        if not hand.finished:
            raise PrefectUnreachable(reason=type(error).__name__) from error
        _log.warning("%s is done; Prefect was not told (%r)", run_name, error)
    finally:
        del _in_hand[run_name]


def settle_runs(house: House) -> int:
    """Put right what Prefect believes to be running though nobody works on it.

    After a crash of a worker or of the server. Returns how many runs were put right.
    """
    return asyncio.run(_settle_runs(house))


async def _settle_runs(house: House) -> int:
    settled = 0
    unfinished = FlowRunFilter.model_validate(
        {"state": {"type": {"any_": [StateType.RUNNING, StateType.PENDING]}}}
    )
    async with get_client() as client:
        for run in await client.read_flow_runs(flow_run_filter=unfinished, limit=200):
            state = _true_state(house, run)
            if state is None:
                continue
            try:
                await client.set_flow_run_state(run.id, state, force=True)
            except ObjectNotFound:
                continue
            settled += 1
    return settled


def _true_state(house: House, run: FlowRun) -> State[Any] | None:
    """What our rows say of a run; ``None``: it may well be running."""
    started = run.start_time or run.created
    key, _, attempt = run.name.rpartition(":")
    with house.reading() as db:
        errand = db.get(Errand, key)
    if errand is not None and str(errand.attempt) == attempt:
        if errand.state is ErrandState.DONE:
            return Completed(message="done; Prefect was away when it ended")
        if errand.state is ErrandState.RUNNING:
            return None
    if started is not None and utc_now() - started < SETTLE_AFTER:
        return None
    return Crashed(message="nobody works on it any more")
