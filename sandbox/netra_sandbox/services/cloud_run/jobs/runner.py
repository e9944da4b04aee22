"""Run executions: tasks as processes, so many at a time, tried again as often as the job allows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from netra_sandbox.kernel.clock import format_time
from netra_sandbox.runtime import linux
from netra_sandbox.services.cloud_run import conditions
from netra_sandbox.services.cloud_run.jobs import names, records
from netra_sandbox.services.cloud_run.jobs.attempts import Attempt, Outcome
from netra_sandbox.services.cloud_run.names import API

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
_LOG = logging.getLogger(__name__)


class Run:
    """One execution while it runs; what it comes to is written into the store at every step."""

    def __init__(self, sandbox: Sandbox, execution: Resource, tasks: list[Resource]) -> None:
        self._sandbox = sandbox
        self.execution = execution
        self._tasks = tasks
        self._turns = asyncio.Semaphore(execution["parallelism"])
        self._cancelled = False
        self.attempts: dict[int, Attempt] = {}

    async def carry_out(self) -> None:
        """Run every task that has not completed, then complete the execution."""
        if "startTime" not in self.execution:
            self._begin(self._time())
        waiting = [index for index, task in enumerate(self._tasks) if "completionTime" not in task]
        await asyncio.gather(*(self._task(index) for index in waiting))
        self._complete()

    async def cancel(self) -> None:
        """Start no further attempt and end those that run."""
        self._cancelled = True
        await asyncio.gather(*(attempt.stop() for attempt in list(self.attempts.values())))

    async def _task(self, index: int) -> None:
        async with self._turns:
            retries = int(self.execution["template"]["maxRetries"])
            outcome = Outcome()
            for number in range(int(self._tasks[index].get("retried", 0)), retries + 1):
                if self._cancelled:
                    break
                self._note_start(index, number)
                outcome = await self._attempt(index, number)
                self._note_result(index, outcome)
                if outcome.succeeded:
                    break
        self._note_end(index, outcome)

    async def _attempt(self, index: int, number: int) -> Outcome:
        attempt = self.attempts[index] = Attempt(self._sandbox, self.execution, index, number)
        try:
            return await attempt.run()
        except asyncio.CancelledError:
            await attempt.stop()
            raise
        finally:
            del self.attempts[index]

    def _begin(self, time: str) -> None:
        execution = self.execution | {"startTime": time, "observedGeneration": self.execution["generation"]}
        for kind in ("ResourcesAvailable", "Started", "ContainerReady"):
            execution = records.with_condition(execution, conditions.condition(kind, "SUCCEEDED", time))
        self._write(execution)

    def _note_start(self, index: int, number: int) -> None:
        time = self._time()
        task: Resource = {"startTime": time} | self._tasks[index] | {"observedGeneration": "1"}
        task |= {"retried": number} if number else {}
        self._write_task(index, records.with_condition(task, conditions.condition("Started", "SUCCEEDED", time)))

    def _note_result(self, index: int, outcome: Outcome) -> None:
        self._write_task(index, self._tasks[index] | {"lastAttemptResult": outcome.result()})

    def _note_end(self, index: int, outcome: Outcome) -> None:
        time, task = self._time(), self._tasks[index]
        if outcome.succeeded and not ("lastAttemptResult" not in task and self._cancelled):
            completed = conditions.condition("Completed", "SUCCEEDED", time)
        elif self._cancelled:
            completed = conditions.condition("Completed", "FAILED", time, "Cancelled.", executionReason="CANCELLED")
        else:
            words = outcome.message
            completed = conditions.condition("Completed", "FAILED", time, words, executionReason="NON_ZERO_EXIT_CODE")
        ended = records.with_condition(task | {"completionTime": time}, completed)
        ended.pop("reconciling", None)
        self._write_task(index, ended)

    def _complete(self) -> None:
        time = self._time()
        execution = self.execution | {"completionTime": time}
        execution.pop("reconciling", None)
        self._write(records.with_condition(execution, records.completion(execution, self._tasks, time)))

    def _write_task(self, index: int, task: Resource) -> None:
        self._tasks[index] = task
        self._sandbox.store.put_lasting(f"{API}{task['name']}", task)
        self._write(self.execution | {"updateTime": self._time()})

    def _write(self, execution: Resource) -> None:
        self.execution = records.counted(execution, self._tasks)
        store, name = self._sandbox.store, names.JobName.parse(execution["name"])
        store.put_lasting(f"{API}{execution['name']}", self.execution)
        job = store.get(name.key)
        latest = (job or {}).get("latestCreatedExecution", {}).get("name")
        if job is not None and latest == execution["name"].rpartition("/")[2]:
            store.put_lasting(name.key, job | {"latestCreatedExecution": records.reference(self.execution)})

    def _time(self) -> str:
        return format_time(self._sandbox.now())


class JobRunner:
    """The executions that run in one sandbox, by their full names."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._runs: dict[str, tuple[Run, asyncio.Task[None]]] = {}

    def start(self, execution: Resource, tasks: list[Resource]) -> None:
        """Begin to run a stored execution."""
        run = Run(self._sandbox, execution, tasks)
        task = asyncio.create_task(self._follow(run))
        self._runs[execution["name"]] = run, task
        task.add_done_callback(lambda _: self._runs.pop(execution["name"], None))

    def resume(self) -> None:
        """Go on with the executions that the store says are under way: what ran when the sandbox ended runs again."""
        for execution in self._sandbox.store.list(f"{API}projects/", "executions"):
            if "completionTime" not in execution and execution["name"] not in self._runs:
                self.start(execution, self.tasks(execution["name"]))

    def tasks(self, execution: str) -> list[Resource]:
        """Return the tasks of an execution, by their index."""
        found = self._sandbox.store.list(f"{API}{execution}/tasks/")
        return sorted(found, key=lambda task: int(task.get("index", 0)))

    async def finished(self, execution: str) -> None:
        """Wait until an execution has completed."""
        if execution in self._runs:
            await asyncio.wait({self._runs[execution][1]})

    async def cancel(self, execution: str) -> None:
        """Cancel an execution and wait until its processes have gone."""
        if execution in self._runs:
            run, task = self._runs[execution]
            await run.cancel()
            await asyncio.wait({task})

    async def close(self) -> None:
        """Stop every execution where it is, without completing it."""
        tasks = [task for _, task in self._runs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def execution_of(self, inode: int) -> Resource | None:
        """Return the execution one of whose processes has a socket open, None when none does."""
        leaders = {
            attempt.pid: run.execution
            for run, _ in self._runs.values()
            for attempt in run.attempts.values()
            if attempt.pid is not None
        }
        for pid, leader in linux.session_members(set(leaders)).items():
            if linux.holds_socket(pid, inode):
                return leaders[leader]
        return None

    async def _follow(self, run: Run) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            try:
                await run.carry_out()
            except Exception:  # a fault of the sandbox: the execution stays as it is
                _LOG.exception("execution %s", run.execution["name"])
                raise
