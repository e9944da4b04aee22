"""How long a search for placeholders takes, beside ripgrep: `.venv/bin/python benchmarks/placeholders.py`."""

from __future__ import annotations

import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "playbooks/collections"))
sys.path.insert(0, str(ROOT / "tests/unit/source"))

import realistic_repository  # noqa: E402

from ansible_collections.netra.remediation.plugins.module_utils.source.placeholder_scan import scan  # noqa: E402

SERVICES, BYTES = 595, 500 * 1024 * 1024
# A fifth of the bytes are images; the rest is settings and programs, as large as real ones.
BINARY_SHARE, BLOCK = 5, 1024 * 1024
RIPGREP = ("rg", "--count-matches", "--hidden", "--ignore-case")
ALL_FORMS = (
    r"\{\{|\{%|<%|\$\{|placeholder|template|change.?me|replace.?me|<[a-z]|example\.(com|org)|0\.0\.0\.0"
    r"|your[-_]|todo|tbd"
)
# What a file is made longer with: settings of its language, and for programs the standard library's sources.
LINES = {
    ".json": '{{"key_{0}": "value-{0}", "enabled": true}}',
    ".yaml": "key_{0}:\n  - name: value-{0}  # as measured\n    port: {0}",
    ".tf": 'variable "key_{0}" {{\n  type    = string\n  default = "value-{0}"\n}}',
    ".conf": "# as measured\nlimit_{0} {0};",
    ".ts": "export const key{0} = (value: number): number => value * {0} + Math.floor(value / 3);",
}


def filler(suffix: str, size: int) -> str:
    """Return about so many characters of ordinary text."""
    if suffix == ".py":
        return "".join(path.read_text() for path in sorted(pathlib.Path(json.__file__).parents[1].glob("a*.py")))[:size]
    lines = (LINES[suffix].format(number) for number in range(size // len(LINES[suffix])))
    return f"[{', '.join(lines)}]" if suffix == ".json" else "\n".join(lines)


def fill(root: pathlib.Path) -> None:
    """Bring the repository to its size: longer files of the same kinds, and binary ones."""
    noise = random.Random(1).randbytes(BLOCK)
    for number in range(BYTES // BINARY_SHARE // BLOCK):
        (root / f"image_{number}.png").write_bytes(noise)
    texts = sorted(path for path in root.rglob("*") if path.suffix in {".py", *LINES})
    each = (BYTES - BYTES // BINARY_SHARE) // len(texts)
    more = {suffix: filler(suffix, each) for suffix in {path.suffix for path in texts}}
    for path in texts:
        long = more[path.suffix] if path.suffix == ".json" else path.read_text() + more[path.suffix]
        path.write_text(long)


def main() -> None:
    """Print the seconds of both, the better of two runs each."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "repository"
        root.mkdir()
        realistic_repository.write(root, SERVICES)
        fill(root)
        realistic_repository.track(root)
        sizes = [path.stat().st_size for path in root.rglob("*") if path.is_file() and ".git" not in path.parts]
        print(f"{len(sizes)} files, {sum(sizes) / 2**20:.0f} MiB")
        ours, found = [], 0
        for _run in range(2):
            start = time.perf_counter()
            found = len(scan(str(root)).found)
            ours.append(time.perf_counter() - start)
        print(f"{min(ours):6.2f} s  placeholders: {found}")
        if shutil.which("rg"):
            theirs = []
            for _run in range(2):
                start = time.perf_counter()
                subprocess.run([*RIPGREP, ALL_FORMS, str(root)], capture_output=True, check=True)
                theirs.append(time.perf_counter() - start)
            print(
                f"{min(theirs):6.2f} s  ripgrep, lines that hold one of the forms; ratio {min(ours) / min(theirs):.1f}"
            )


if __name__ == "__main__":
    main()
