# Copyright (c) 2026, Netra maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  project:
    description:
      - The Google Cloud project to work in.
      - If not set, E(GCP_PROJECT), E(GOOGLE_CLOUD_PROJECT), E(CLOUDSDK_CORE_PROJECT) or E(GCE_PROJECT) is used,
        then the project that the credentials belong to.
    type: str
  region:
    description:
      - The region of regional resources.
      - If not set, E(GCP_REGION), E(GOOGLE_CLOUD_REGION) or E(CLOUDSDK_RUN_REGION) is used.
      - Global resources do without it.
    type: str
  auth_kind:
    description:
      - How to authenticate.
      - V(application) uses application default credentials, V(serviceaccount) a service account's key,
        V(accesstoken) the token in O(access_token), and V(impersonate) asks for a token of
        O(impersonate_service_account) with one of the others.
      - If not set, it is the kind that the other options speak of, then E(GCP_AUTH_KIND), then the kind that the other
        environment variables speak of, then V(application).
    type: str
    choices: [application, serviceaccount, accesstoken, impersonate]
  service_account_file:
    description:
      - Path of a service account's JSON key, on the host where the module runs.
      - If not set, E(GCP_SERVICE_ACCOUNT_FILE) or E(GCE_CREDENTIALS_FILE_PATH) is used; with
        O(auth_kind=serviceaccount) also E(GOOGLE_APPLICATION_CREDENTIALS).
    type: path
  service_account_contents:
    description:
      - A service account's JSON key itself, as text or as a dictionary. Wins over O(service_account_file).
      - If not set, E(GCP_SERVICE_ACCOUNT_CONTENTS) is used.
    type: jsonarg
  access_token:
    description:
      - An OAuth 2.0 access token.
      - If not set, E(GCP_ACCESS_TOKEN) or E(GOOGLE_OAUTH_ACCESS_TOKEN) is used.
    type: str
  impersonate_service_account:
    description:
      - E-mail address of the service account to act as.
      - If not set, E(GCP_IMPERSONATE_SERVICE_ACCOUNT) or E(CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT) is used.
    type: str
  quota_project:
    description:
      - The project whose quota the calls use. If not set, E(GOOGLE_CLOUD_QUOTA_PROJECT) is used, then the caller's own.
    type: str
  scopes:
    description:
      - OAuth 2.0 scopes to ask for. If not set, E(GCP_SCOPES) is used, then the scope of the whole platform.
    type: list
    elements: str
requirements:
  - google-auth
  - requests
notes:
  - Where the connection is local and no other user is asked for, the work is done inside Ansible's own worker
    process, elsewhere by a module. Options, results and errors are the same.
  - Proxies and certificate authorities are taken from E(https_proxy), E(no_proxy) and E(REQUESTS_CA_BUNDLE).
"""
