# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Entra ID: OpenID configuration, tokens for the lab's one service principal, and their check by ARM."""

from __future__ import annotations

import base64
import json
import secrets
import time
import urllib.parse
import uuid
from typing import Any

from .. import names
from .state import Azure
from .wire import JSON, Answer, ArmError, Request

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def _refuse(status: int, error: str, code: int, message: str) -> Answer:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    moment = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime())
    return Answer(
        status=status,
        body={
            "error": error,
            "error_description": f"AADSTS{code}: {message} Trace ID: {trace} Correlation ID: {correlation} "
            f"Timestamp: {moment}",
            "error_codes": [code],
            "timestamp": moment,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={code}",
        },
    )


def _unknown_tenant(tenant: str) -> Answer:
    return _refuse(
        400,
        "invalid_request",
        90002,
        f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the "
        "correct cloud.",
    )


def openid(azure: Azure, request: Request) -> Answer:
    tenant = request.parts["tenant"]
    if tenant.lower() not in (names.TENANT, "common", "organizations"):
        return _unknown_tenant(tenant)
    login = f"{azure.base_url}/{tenant}"
    return Answer(
        body={
            "token_endpoint": f"{login}/oauth2/v2.0/token",
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
            "jwks_uri": f"{login}/discovery/v2.0/keys",
            "issuer": f"{azure.base_url}/{names.TENANT}/v2.0",
            "authorization_endpoint": f"{login}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{login}/oauth2/v2.0/devicecode",
            "end_session_endpoint": f"{login}/oauth2/v2.0/logout",
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "tenant_region_scope": "NA",
        }
    )


def _basic(request: Request) -> tuple[str, str]:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    user, _, secret = base64.b64decode(given).decode(errors="replace").partition(":")
    return urllib.parse.unquote(user), urllib.parse.unquote(secret)


def token(azure: Azure, request: Request) -> Answer:
    form: dict[str, str] = request.body if isinstance(request.body, dict) else {}
    user, secret = _basic(request)
    client = request.principal = form.get("client_id") or user
    secret = form.get("client_secret") or secret
    tenant = request.parts["tenant"]
    if tenant.lower() != names.TENANT:
        return _unknown_tenant(tenant)
    if form.get("grant_type") != "client_credentials":
        return _refuse(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    if client.lower() != names.CLIENT_ID:
        return _refuse(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client}' was not found in the directory '{tenant}'.",
        )
    assertion = form.get("client_assertion_type") == _ASSERTION and form.get("client_assertion", "").count(".") == 2
    if not assertion and not secrets.compare_digest(secret.encode(), names.CLIENT_SECRET.encode()):
        return _refuse(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client}'.",
        )
    scope = form.get("scope", "")
    if not scope.startswith(azure.base_url) or not scope.split()[0].endswith("/.default"):
        return _refuse(
            400, "invalid_resource", 500011, f"The resource principal named {scope} was not found in the tenant."
        )
    life = azure.switches.token_life_s
    return Answer(
        body={
            "token_type": "Bearer",
            "expires_in": life,
            "ext_expires_in": life,
            "access_token": _issue(azure, client.lower(), life),
        }
    )


def _issue(azure: Azure, client: str, life: int) -> str:
    """Looks like a JWT, so that what decodes tokens for display does not fall over. Nobody can verify it."""

    def part(content: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    moment = int(time.time())
    claims: JSON = {
        "aud": f"{azure.base_url}/",
        "iss": f"{azure.base_url}/{names.TENANT}/",
        "iat": moment,
        "nbf": moment,
        "exp": moment + life,
        "appid": client,
        "oid": client,
        "tid": names.TENANT,
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0",
    }
    text = f"{part({'typ': 'JWT', 'alg': 'RS256'})}.{part(claims)}.{secrets.token_urlsafe(64)}"
    with azure.tokens_lock:
        azure.tokens[text] = (client, time.time() + life)
    return text


def principal(azure: Azure, request: Request) -> str:
    """Who asks ARM; 401 where that cannot be told."""
    scheme, _, text = request.headers.get("authorization", "").partition(" ")
    challenge = f'Bearer authorization_uri="{azure.base_url}/{names.TENANT}"'
    if scheme.lower() != "bearer" or not text:
        raise ArmError(
            401,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
            headers={"WWW-Authenticate": challenge},
            gateway=True,
        )
    with azure.tokens_lock:
        known = azure.tokens.get(text.strip())
    problem = ""
    if known is None:
        problem, code = "The access token is invalid.", "InvalidAuthenticationToken"
    elif known[1] < time.time():
        problem, code = "The access token has expired.", "ExpiredAuthenticationToken"
    if known is None or problem:
        challenge += f', error="invalid_token", error_description="{problem}"'
        raise ArmError(401, code, problem, headers={"WWW-Authenticate": challenge}, gateway=True)
    return known[0]


def metadata(azure: Azure, request: Request) -> Answer:
    """2022-09-01 answers one cloud, 2019-05-01 a list of them: Azure CLI asks the one, azure.azcollection the other."""
    cloud: JSON = {
        "portal": "https://portal.lab.example",
        "authentication": {
            "loginEndpoint": azure.base_url,
            "audiences": [f"{azure.base_url}/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": "",
        "graphAudience": f"{azure.base_url}/graph/",
        "graph": f"{azure.base_url}/graph/",
        "name": "Lab",
        "suffixes": {},
        "batch": "",
        "resourceManager": azure.base_url,
        "activeDirectoryDataLake": "",
        "sqlManagement": "",
        "gallery": "",
    }
    return Answer(body=cloud if request.api_version >= "2022" else [cloud])
