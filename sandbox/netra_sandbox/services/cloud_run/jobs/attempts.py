"""One attempt of a task: a process of the job's image, its time-out and how it ended."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netra_sandbox.runtime.events import TaskLine
from netra_sandbox.runtime.instances import Instance, Launch, Listeners, NotListening, base_environment
from netra_sandbox.services.cloud_run import launching
from netra_sandbox.services.cloud_run.jobs import names
from netra_sandbox.services.cloud_run.violations import seconds

if TYPE_CHECKING:
    from netra_sandbox.sandbox import Sandbox

Resource = dict[str, Any]
ABORTED, DEADLINE_EXCEEDED, FAILED_PRECONDITION = 10, 4, 9


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended; `exit_code` 0 without a `signal` and a status `code` of 0 is success."""

    code: int = 0
    message: str = ""
    exit_code: int = 0
    signal: int = 0

    @property
    def succeeded(self) -> bool:
        """Tell whether the attempt did its work."""
        return not self.code

    def result(self) -> Resource:
        """Return the attempt as a task's lastAttemptResult has it."""
        found: Resource = {"status": {"code": self.code, "message": self.message} if self.code else {}}
        found |= {"exitCode": self.exit_code} if self.exit_code else {}
        return found | ({"termSignal": self.signal} if self.signal else {})


def outcome_of(returned: int) -> Outcome:
    """Read a process's return code: negative for the signal that ended it."""
    if returned == 0:
        return Outcome()
    if returned < 0:
        return Outcome(ABORTED, f"The container was terminated by signal {-returned}.", signal=-returned)
    return Outcome(ABORTED, "The container exited with an error.", exit_code=returned)


class Attempt:
    """The process of one attempt."""

    def __init__(self, sandbox: Sandbox, execution: Resource, index: int, number: int) -> None:
        self._sandbox = sandbox
        self._execution = execution
        self._index = index
        self._number = number
        self._instance: Instance | None = None
        self._stopped = False

    @property
    def pid(self) -> int | None:
        """Return the leader of the attempt's session."""
        return self._instance.pid if self._instance else None

    async def run(self) -> Outcome:
        """Run the process to its end or to the task's time-out."""
        try:
            self._instance = Instance(self._launch(), 0, self._listeners)
            await self._instance.start()
        except launching.CannotStart as error:
            return Outcome(FAILED_PRECONDITION, error.failure.message)
        except NotListening as error:
            return Outcome(FAILED_PRECONDITION, f"The container failed to start: {error}", exit_code=127)
        if self._stopped:  # while the process was being started
            await self._instance.stop()
        timeout = seconds(self._execution["template"]["timeout"])
        ended = asyncio.ensure_future(self._instance.exited())
        await asyncio.wait({ended}, timeout=timeout)
        if ended.done():
            await self._instance.stop()  # what the process left behind
            return outcome_of(ended.result())
        await self.stop()
        words = f"Terminating task because it has reached the maximum timeout of {int(timeout)} seconds."
        return Outcome(DEADLINE_EXCEEDED, words, signal=outcome_of(await ended).signal)

    async def stop(self) -> None:
        """End the process and everything it started; one that is being started ends as soon as it has."""
        self._stopped = True
        if self._instance is not None:
            await self._instance.stop()

    def _launch(self) -> Launch:
        sandbox, template = self._sandbox, self._execution["template"]
        name = names.JobName.parse(self._execution["name"])
        short = self._execution["name"].rpartition("/")[2]
        container = template["containers"][0]
        image = launching.image_of(sandbox, short, container["image"])
        code = image.root / image.workdir.lstrip("/")
        environment = base_environment(sandbox.directory, code) | image.environment
        environment |= launching.way_out(sandbox)
        environment |= launching.variables(sandbox, template, short)
        environment |= {
            "CLOUD_RUN_JOB": name.job,
            "CLOUD_RUN_EXECUTION": short,
            "CLOUD_RUN_TASK_INDEX": str(self._index),
            "CLOUD_RUN_TASK_COUNT": str(self._execution["taskCount"]),
            "CLOUD_RUN_TASK_ATTEMPT": str(self._number),
        }
        directory = container.get("workingDir") or image.workdir
        command, folder = launching.mounted(sandbox, template, short, image)
        return Launch(
            revision=self._execution["name"],
            command=command,
            environment=environment,
            directory=image.root / directory.lstrip("/"),
            log=sandbox.directory / "logs" / f"{short}-task{self._index}.log",
            folder=folder,
        )

    def _listeners(self, instance: str) -> Listeners:
        job = names.JobName.parse(self._execution["name"]).job
        short = self._execution["name"].rpartition("/")[2]
        place = (job, short, self._index, self._number, instance)

        def line(stream: str, text: str, severity: str) -> None:
            self._sandbox.report_task_line(TaskLine(*place, stream, text, self._sandbox.now(), severity))

        return Listeners(line, lambda message: self._sandbox.report_error(job, short, message))
