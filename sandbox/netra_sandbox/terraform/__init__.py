# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sandbox shim that speaks Terraform's provider protocol for some of the Google provider's resource types.

It is not the Google provider: it knows only the attributes that resources/ lists. Like the real one it is a process
that Terraform starts and that calls the Google APIs with the credentials and the proxy of its environment.
"""
