# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say in which language a file is written, and which brackets its own reader fills in, by path and first bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# Kinds of brackets that some reader replaces: {{ x }} · ${x} · <% x %> · #{x} · %X% · @X@ · __X__
JINJA, DOLLAR, ERB, HASH, PERCENT, AT, DUNDER = "jinja", "dollar", "erb", "hash", "percent", "at", "dunder"
BRACKETS = frozenset({JINJA, DOLLAR, ERB, HASH, PERCENT, AT, DUNDER})
YAML, JSON, DOTENV, PAIRS, HCL, SHELL, DIRECTIVES, CODE = (
    "yaml", "json", "dotenv", "pairs", "hcl", "shell", "directives", "code",
)  # fmt: skip
HEAD = 8192


@dataclass(frozen=True)
class Syntax:
    """How to find values in a file, and the kinds of brackets that are alive in it: its reader replaces them."""

    family: str
    alive: frozenset[str] = field(default_factory=frozenset)


_BY_EXTENSION = {
    **dict.fromkeys(("yaml", "yml"), YAML),
    **dict.fromkeys(("json", "jsonc", "json5", "webmanifest"), JSON),
    **dict.fromkeys(("toml", "ini", "cfg", "properties"), PAIRS),
    **dict.fromkeys(("tf", "tfvars", "hcl"), HCL),
    **dict.fromkeys(("sh", "bash", "zsh", "envrc", "ps1", "mk"), SHELL),
    **dict.fromkeys(("conf", "cnf"), DIRECTIVES),
    **dict.fromkeys(("py", "js", "jsx", "mjs", "cjs", "ts", "tsx", "go", "java", "kt", "rb", "rs", "cs", "php"), CODE),
    "env": DOTENV,
}
_TEMPLATE_EXTENSIONS = {
    "j2": JINJA, "jinja": JINJA, "jinja2": JINJA, "gotmpl": JINJA, "tmpl": JINJA, "tpl": JINJA, "mustache": JINJA,
    "hbs": JINJA, "erb": ERB, "tftpl": DOLLAR, "in": AT,
}  # fmt: skip
# Files that show what a value looks like, and are never read as they are.
_SHOWN_ONLY = re.compile(r"(?i)(^|[._-])(example|sample|template|dist|skel)s?([._-]|$)")
# What others wrote, what only tests read, and what teaches: a placeholder there is meant.
_ASIDE = re.compile(
    r"(?i)(^|/)(tests?|__tests__|testing|fixtures?|testdata|specs?|e2e|__mocks__|mocks|__snapshots__|examples?|samples?"
    r"|docs?|vendor|third_party|locales?|i18n|translations|l10n|storybook|\.storybook|cookiecutter[^/]*|boilerplate)/"
    r"|(^|/)(test_[^/]*|conftest)\.py$|[._-](test|spec|stories)\.\w+$|_test\.go$|[^/]*\{\{"
)
_NOT_WRITTEN = re.compile(
    r"(?i)(^|/)(package-lock\.json|npm-shrinkwrap\.json|composer\.lock|pnpm-lock\.yaml|\.terraform\.lock\.hcl"
    r"|[^/]*\.tfstate(\.[^/]*)?|[^/]*\.min\.js|[^/]*\.bundle\.js|[^/]*\.schema\.json|openapi[^/]*|swagger[^/]*)$"
)
# Readers that fill brackets in themselves, by the path of what they read.
_PIPELINES = re.compile(
    r"(^|/)(\.github/.*|action|\.gitlab-ci[^/]*|\.circleci/.*|\.buildkite/.*|azure-pipelines[^/]*|\.azure/.*"
    r"|bitbucket-pipelines|\.travis|\.drone|appveyor|cloudbuild[^/]*|clouddeploy[^/]*|skaffold[^/]*|Taskfile[^/]*"
    r"|\.goreleaser[^/]*|\.pre-commit-config|mkdocs|serverless[^/]*|renovate[^/]*|\.releaserc|dependabot"
    r"|\.vscode/.*|\.devcontainer/.*|devcontainer|\.idea/.*|package|tsconfig[^/]*|jsconfig|nx|turbo|lerna|\.eslintrc"
    r"|jest[^/]*|babel[^/]*|pyproject|setup|tox|pytest|mypy|alembic|Cargo|\.bumpversion|\.coveragerc|cookiecutter"
    r"|copier|promtail[^/]*|vector[^/]*|loki[^/]*|fluent[^/]*|logback[^/]*|log4j[^/]*)(\.\w+)?$"
)
_SUBSTITUTED = re.compile(
    r"(^|/)((docker-)?compose[^/]*\.ya?ml|(application|bootstrap)[^/]*\.(ya?ml|properties)|[^/]*\.properties"
    r"|nginx[^/]*|default\.conf|otel[^/]*|[^/]*collector[^/]*\.ya?ml|devspace\.ya?ml|envoy[^/]*|molecule/.*)$"
)
_ANSIBLE_PATH = re.compile(
    r"(^|/)(roles/[^/]+/(tasks|handlers|defaults|vars|meta)|playbooks?|group_vars|host_vars|inventor(y|ies)|molecule)/"
)
# The same, by what the file begins with.
_ANSIBLE_TEXT = re.compile(
    rb"(?m)^- (hosts|name|import_playbook|ansible\.builtin\.\w+):[\s\S]*?"
    rb"^\s+(hosts|tasks|roles|when|register|become|loop|ansible\.builtin\.\w+|notify|gather_facts):"
)
_WATCHING = re.compile(rb"(?m)^\s*(-\s+)?(alert|record|legendFormat|receivers|route):|\"(panels|legendFormat)\"\s*:")
_WORKFLOW = re.compile(rb"argoproj\.io/|tekton\.dev/|AWSTemplateFormatVersion|AWS::Serverless|pipeline:|kestra")
_DESCRIBES = re.compile(rb"(?m)^\s*\"?(openapi|swagger|asyncapi)\"?\s*:\s|json-schema\.org")
_COLLECTOR = re.compile(rb"(?m)^receivers:|^exporters:")


def syntax_of(path: str, head: bytes, charts: frozenset[str] = frozenset()) -> Syntax | None:
    """Return how to read a file by its path below the repository, None where nothing in it can be a left-over.

    ``head`` are its first bytes; ``charts`` the folders that hold a Helm chart, whose templates/ are no rendered files.
    """
    name = path.rpartition("/")[2]
    if _ASIDE.search(path) or _NOT_WRITTEN.search(path) or _SHOWN_ONLY.search(name):
        return None
    stem, alive = _without_template(name)
    family = _family(stem)
    if family is None or (family in (YAML, JSON) and _DESCRIBES.search(head)):
        return None
    return Syntax(family, frozenset(alive | _alive(path, family, head, charts)))


def _without_template(name: str) -> tuple[str, set[str]]:
    """Return the name of what a template makes, and the brackets that the template's reader fills in."""
    stem, _dot, extension = name.rpartition(".")
    if stem and extension.lower() in _TEMPLATE_EXTENSIONS:
        return stem, {_TEMPLATE_EXTENSIONS[extension.lower()], DOLLAR}
    return name, set()


def _family(name: str) -> str | None:
    lower = name.lower()
    if lower == ".env" or lower.startswith(".env."):
        return DOTENV
    if lower.startswith(("dockerfile", "containerfile")) or lower in ("makefile", "procfile", "justfile"):
        return SHELL
    return _BY_EXTENSION.get(lower.rpartition(".")[2])


def _alive(path: str, family: str, head: bytes, charts: frozenset[str]) -> set[str]:
    if family == SHELL:
        return {DOLLAR, AT, PERCENT, HASH}
    if family == CODE:
        return set(BRACKETS)
    alive = {DOLLAR, PERCENT} if family == HCL else {DOLLAR} if family == DIRECTIVES else set()
    if _PIPELINES.search(path):
        return set(BRACKETS)
    if _SUBSTITUTED.search(path):
        alive.add(DOLLAR)
    if family not in {YAML, JSON}:
        return alive
    if _is_chart_source(path, charts) or _ANSIBLE_PATH.search(path) or _ANSIBLE_TEXT.search(head):
        alive.add(JINJA)
    if _WATCHING.search(head) or _WORKFLOW.search(head):
        alive |= {JINJA, DOLLAR}
    if _COLLECTOR.search(head):
        alive.add(DOLLAR)
    return alive


def _is_chart_source(path: str, charts: frozenset[str]) -> bool:
    before, found, _after = f"/{path}".rpartition("/templates/")
    return bool(found) and before.lstrip("/") in charts
