"""How long the proof of a build context takes: `.venv/bin/python benchmarks/build_context.py`. Needs no sandbox."""

from __future__ import annotations

import pathlib
import sys
import tempfile
import time
from collections.abc import Callable

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "playbooks/collections"))

from ansible_collections.netra.remediation.plugins.module_utils.source import docker_ignore, gcloud_ignore
from ansible_collections.netra.remediation.plugins.module_utils.source.context_proof import Question, prove
from ansible_collections.netra.remediation.plugins.module_utils.source.facts_cache import FactsCache
from ansible_collections.netra.remediation.plugins.module_utils.source.ignore_repair import IgnoreFile

FILES, PATTERNS, MODULES = 25_000, 200, 3_000
KINDS = (
    "**/cache_{}/",
    "build_{}/**",
    "docs_{}/*.md",
    "*.ext{}",
    "**/*.tmp{}",
    "plain_{}/file.txt",
    "**/*.py[co{}]",
    "!package_{}/keep.py",
    "package_{}/**/fixtures",
    "**/*_test_{}.py",
)
BODY = '''
class Thing{n}:
    """A thing."""

    def __init__(self, value: int) -> None:
        self.value = value

    def twice(self) -> int:
        return self.value * 2 if self.value else sum(part for part in range(10) if part % 2)


def make_{n}(value: int) -> Thing{n}:
    return Thing{n}(value + {n})
'''


def paths() -> list[str]:
    """Return the files of a large repository."""
    return [
        f"package_{n % 50}/part_{n % 7}/module_{n % 113}/file_{n}.{('py', 'md', 'json')[n % 3]}" for n in range(FILES)
    ]


def timed(what: str, work: Callable[[], str]) -> None:
    """Print how long a piece of work took of the processor, and what came of it."""
    start = time.process_time()
    result = work()
    print(f"{time.process_time() - start:7.2f} s  {what}: {result}")


def matching(parse: Callable[[str], IgnoreFile]) -> str:
    """Decide about every file."""
    text = "\n".join(KINDS[n % len(KINDS)].format(n) for n in range(PATTERNS))
    ignore = parse(text)
    return f"{sum(not ignore.decide(path).excluded for path in paths())} of {FILES} files, {PATTERNS} patterns"


def write_program(root: pathlib.Path) -> None:
    """Write a program whose modules import each other like a tree."""
    for n in range(MODULES):
        folder = root / f"app/part_{n % 40}"
        folder.mkdir(parents=True, exist_ok=True)
        below = [2 * n + 1, 2 * n + 2]
        imports = [f"from app.part_{m % 40}.module_{m} import make_{m}" for m in below if m < MODULES]
        (folder / f"module_{n}.py").write_text("\n".join(imports) + BODY.format(n=n) * 6)
    (root / "Dockerfile").write_text(
        'FROM python\nWORKDIR /app\nCOPY . .\nCMD ["python", "-m", "app.part_0.module_0"]\n'
    )
    (root / ".dockerignore").write_text("**/__pycache__\n.git\n")


def main() -> None:
    """Time everything once."""
    timed("Docker's ignore file", lambda: matching(docker_ignore.parse))
    timed("gcloud's ignore file", lambda: matching(gcloud_ignore.parse))
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder, "source")
        write_program(root)
        for run in ("first", "second"):
            cache = FactsCache(str(pathlib.Path(folder, "cache")))
            question = Question(str(root))

            def prove_and_save(cache: FactsCache = cache, question: Question = question) -> str:
                imports = prove(question, cache)["imports"]
                cache.save()
                return f"{imports['modules']} modules, {cache.read} read, {len(imports['faults'])} faults"

            timed(f"imports, {run} run", prove_and_save)


if __name__ == "__main__":
    main()
