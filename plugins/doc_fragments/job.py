# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What a job of one task has of the service for which it runs."""

    DOCUMENTATION = r"""
options:
  python:
    description:
      - The interpreter in the image.
    type: str
    default: python
  env:
    description:
      - Plain environment variables of the job, best those of the service, since modules may read them at import.
    type: dict
  secret_env:
    description:
      - Variables from secrets, each V(secret:version).
    type: dict
  cpu:
    description:
      - CPU limit.
    type: str
  memory:
    description:
      - Memory limit.
    type: str
  service_account:
    description:
      - E-mail address of the account that the job runs as. By default the compute service account.
    type: str
  vpc_connector:
    description:
      - Connector through which it reaches private addresses.
    type: str
  vpc_egress:
    description:
      - Which traffic goes through the connector.
    type: str
    choices: [all-traffic, private-ranges-only]
"""
