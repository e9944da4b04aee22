"""The sandbox as its parts see it: one project, its resources, and what runs behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from aiohttp import web

from netra_sandbox.faults.injection import Faults
from netra_sandbox.identity.access.gate import Access
from netra_sandbox.identity.accounts import Accounts
from netra_sandbox.identity.admission import Admission
from netra_sandbox.identity.metadata_server import MetadataServer
from netra_sandbox.identity.principals import Principals
from netra_sandbox.images.catalogue import Catalogue
from netra_sandbox.kernel.clock import Clock
from netra_sandbox.kernel.operations import Operations
from netra_sandbox.kernel.store import Store
from netra_sandbox.runtime.events import (
    LineListener,
    LogLine,
    RequestListener,
    ServedRequest,
    TaskLine,
    TaskLineListener,
)
from netra_sandbox.runtime.network import Network
from netra_sandbox.runtime.supervisor import Supervisor
from netra_sandbox.servers.fleet import Servers
from netra_sandbox.services.cloud_run.jobs.runner import JobRunner
from netra_sandbox.telemetry.log_book import LogBook
from netra_sandbox.telemetry.metrics import Metrics

HostHandler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
ErrorListener = Callable[[str, str, str], None]


class Sandbox:
    """Everything that a handler may need."""

    project = "netra-staging"
    project_number = "123456789012"
    region = "us-central1"

    def __init__(self, directory: Path, scenario: str) -> None:
        self.directory = directory
        self.scenario = scenario
        self.store = Store(directory / "state.sqlite")
        self.clock = Clock()
        self.operations = Operations(self.store, self.clock)
        self.faults = Faults(self)
        self.accounts = Accounts(self.store, self.clock, self.project)
        self.principals = Principals(self.accounts, self.clock, directory)
        self.logs = LogBook(directory / "logs.sqlite")
        self.access = Access(self)
        self.metrics = Metrics()
        self.admission = Admission(self)
        self.metadata = MetadataServer(self)
        self.images = Catalogue(directory / "images")
        self.supervisor = Supervisor(self)
        self.jobs = JobRunner(self)
        self.network = Network(self)
        self.servers = Servers(self)
        # Where the sandbox's own clients reach it; set when it listens.
        self.front = ""
        # Hosts besides the APIs: exact names, or suffixes that begin with a dot.
        self.hosts: dict[str, HostHandler] = {}
        # Answers for the other hosts that have a DNS record.
        self.named: HostHandler | None = None
        self.error_listeners: list[ErrorListener] = []
        self.request_listeners: list[RequestListener] = []
        self.line_listeners: list[LineListener] = []
        self.task_line_listeners: list[TaskLineListener] = []

    @property
    def compute_account(self) -> str:
        """Return the e-mail of the account that things run as when nobody names one."""
        return f"{self.project_number}-compute@developer.gserviceaccount.com"

    @property
    def run_agent(self) -> str:
        """Return the e-mail of the agent as which Cloud Run reads images."""
        return f"service-{self.project_number}@serverless-robot-prod.iam.gserviceaccount.com"

    def now(self) -> datetime:
        """Return the sandbox's time."""
        return self.clock.now()

    def set_clock(self, offset: float) -> None:
        """Move the sandbox's time against this machine's, in seconds; a restart keeps it."""
        self.clock.offset = offset
        self.store.put("sandbox:clock", {"offset": offset})

    def report_error(self, service: str, revision: str, message: str) -> None:
        """Tell Error Reporting of an error that an instance printed."""
        for listener in self.error_listeners:
            listener(service, revision, message)

    def report_request(self, request: ServedRequest) -> None:
        """Tell the listeners of a request that the data plane answered."""
        for listener in self.request_listeners:
            listener(request)

    def report_line(self, line: LogLine) -> None:
        """Tell the listeners of a line that an instance wrote."""
        for listener in self.line_listeners:
            listener(line)

    def report_task_line(self, line: TaskLine) -> None:
        """Tell the listeners of a line that a job's task wrote."""
        for listener in self.task_line_listeners:
            listener(line)
