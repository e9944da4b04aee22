"""Quantities of resources as Kubernetes writes them (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity)."""

from __future__ import annotations

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_DECIMAL = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def cores(text: str) -> float:
    """Return how many processors `1`, `0.5` or `500m` are."""
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def size(text: str) -> float:
    """Return how many bytes `512Mi`, `1G` or `1000` are."""
    for suffix, factor in (_BINARY | _DECIMAL).items():
        if text.endswith(suffix):
            return float(text.removesuffix(suffix)) * factor
    return float(text)
