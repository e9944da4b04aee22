"""What each API says when a permission is missing. No API tells whether the resource exists."""

from __future__ import annotations

from netra_sandbox.kernel.errors import ApiError

ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
# As users of each API quote it in public issue threads. Those that are not here say it as Cloud Run does.
_WORDS = {
    "artifactregistry": "Permission '{permission}' denied on resource '//{api}.googleapis.com/{resource}' "
    "(or it may not exist).",
    "compute": "Required '{permission}' permission for '{resource}'",
    "iamcredentials": "Permission '{permission}' denied on resource (or it may not exist).",
    "secretmanager": "Permission '{permission}' denied for resource '{resource}' (or it may not exist).",
    "sqladmin": "The client is not authorized to make this request.",
    "storage": "{principal} does not have {permission} access to the Google Cloud Storage {kind}. "
    "Permission '{permission}' denied on resource (or it may not exist).",
}
_AS_CLOUD_RUN = "Permission '{permission}' denied on resource '{resource}' (or resource may not exist)."
_LISTING = {"compute": "forbidden", "sqladmin": "notAuthorized", "storage": "forbidden"}

_EXPECTED = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


def unauthenticated(api: str, *, given: bool) -> ApiError:
    """Return the refusal of a caller that proved nothing, with or without credentials given."""
    if given:
        return ApiError("UNAUTHENTICATED", f"Request had invalid authentication credentials. {_EXPECTED}")
    message = f"Request is missing required authentication credential. {_EXPECTED}"
    info = {"@type": ERROR_INFO, "reason": "CREDENTIALS_MISSING", "domain": "googleapis.com"}
    metadata = {"service": f"{api}.googleapis.com"}
    return ApiError("UNAUTHENTICATED", message, [] if api in _LISTING else [{**info, "metadata": metadata}])


def scope_insufficient(api: str, method: str) -> ApiError:
    """Return the refusal of a token whose scopes do not reach the API."""
    info = {"@type": ERROR_INFO, "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain": "googleapis.com"}
    metadata = {"service": f"{api}.googleapis.com", "method": method}
    message = "Request had insufficient authentication scopes."
    return ApiError("PERMISSION_DENIED", message, [] if api in _LISTING else [{**info, "metadata": metadata}])


def denied(api: str, permission: str, resource: str, principal: str) -> ApiError:
    """Return the refusal of an API, named as its host is (`sqladmin`)."""
    kind = "object" if "/o/" in resource else "bucket"
    message = _WORDS.get(api, _AS_CLOUD_RUN).format(
        api=api, permission=permission, resource=resource, principal=principal, kind=kind
    )
    if api in _LISTING:
        return ApiError("PERMISSION_DENIED", message, reason=_LISTING[api])
    metadata = {"permission": permission, "resource": resource}
    if api == "iamcredentials":
        metadata.pop("resource")
    info = {"@type": ERROR_INFO, "reason": "IAM_PERMISSION_DENIED", "domain": "iam.googleapis.com"}
    return ApiError("PERMISSION_DENIED", message, [{**info, "metadata": metadata}])


def act_as(account: str) -> ApiError:
    """Return Cloud Run's refusal of a caller that may not act as the service account of what it deploys."""
    return ApiError(
        "PERMISSION_DENIED",
        f"Permission 'iam.serviceaccounts.actAs' denied on service account {account} (or it may not exist).",
    )
