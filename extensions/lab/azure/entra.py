# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Entra ID: OpenID configuration, tokens for the lab's one application, and their check by ARM."""

from __future__ import annotations

import base64
import json
import secrets
import time
import urllib.parse
import uuid

from .. import names
from . import identities
from .assertions import KIND, Refused, check
from .state import Azure
from .wire import JSON, Answer, ArmError, Request

MS_GRAPH = "/msgraph"  # Microsoft Graph: below this, and with an audience of its own
_TENANTS = (names.TENANT, names.PARTNER_TENANT)


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
    if tenant.lower() not in (*_TENANTS, "common", "organizations"):
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
    tenant = request.parts["tenant"].lower()
    if tenant not in _TENANTS:
        return _unknown_tenant(request.parts["tenant"])
    if form.get("grant_type") != "client_credentials":
        return _refuse(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    if client.lower() != names.CLIENT_ID:
        return _refuse(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client}' was not found in the directory '{tenant}'.",
        )
    try:
        _prove(azure, client, tenant, form.get("client_secret") or secret, form)
    except Refused as no:
        return _refuse(no.status, no.error, no.code, no.message)
    scope = (form.get("scope") or " ").split()[0]
    audience = audience_of(azure, scope.removesuffix("/.default")) if scope.endswith("/.default") else ""
    if not audience:
        return _refuse(
            400, "invalid_resource", 500011, f"The resource principal named {scope} was not found in the tenant."
        )
    life, text = azure.switches.token_life_s, issue(azure, client.lower(), audience, tenant)
    if "nbf" in _claims_asked(form):
        azure.challenged.add(text)
    return Answer(
        body={"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": text},
    )


def _claims_asked(form: dict[str, str]) -> JSON:
    try:
        asked = json.loads(form.get("claims") or "{}")["access_token"]
    except (ValueError, KeyError, TypeError):
        return {}
    return asked if isinstance(asked, dict) else {}


def _prove(azure: Azure, client: str, tenant: str, secret: str, form: dict[str, str]) -> None:
    """Refused unless the request holds a secret or an assertion of the application, and it may sign in at all."""
    state = azure.switches.application
    if state == "disabled":
        raise Refused(400, "unauthorized_client", 7000112, f"Application '{client}'(lab) is disabled.")
    if form.get("client_assertion_type") == KIND and form.get("client_assertion"):
        authority = f"{azure.base_url}/{tenant}"
        endpoints = (f"{authority}/oauth2/v2.0/token", f"{authority}/v2.0", authority)
        check(azure, client, form["client_assertion"], endpoints)
    elif not secret:
        wanted = "'client_assertion', 'client_secret' or 'request'"
        raise Refused(401, "invalid_client", 7000216, f"{wanted} is required for the 'client_credentials' grant type.")
    elif not secrets.compare_digest(secret.encode(), names.CLIENT_SECRET.encode()):
        raise Refused(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client}'.",
        )
    elif state == "secret_expired":
        raise Refused(
            401, "invalid_client", 7000222, f"The provided client secret keys for app '{client}' are expired."
        )
    if state == "blocked":
        blocked = (
            "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."
        )
        raise Refused(400, "invalid_grant", 53003, blocked)


def audience_of(azure: Azure, resource: str) -> str:
    """For whom a token for this resource is made out; nothing for a resource that the tenant does not know."""
    known = {f"{azure.base_url}{path}": f"{azure.base_url}{path}/" for path in ("", "/graph", MS_GRAPH)}
    return known.get(resource.rstrip("/"), "")


def issue(azure: Azure, client: str, audience: str, tenant: str) -> str:
    """Looks like a JWT, so that what decodes tokens for display does not fall over. Nobody can verify it."""
    moment, life = int(azure.now().timestamp()), azure.switches.token_life_s
    claims: JSON = {
        "aud": audience,
        "iss": f"{azure.base_url}/{tenant}/",
        "iat": moment,
        "nbf": moment,
        "exp": moment + life,
        "appid": client,
        "oid": client,
        "tid": tenant,
        "uti": secrets.token_urlsafe(16),
        "ver": "1.0",
    }
    head = {"typ": "JWT", "alg": "RS256"}
    text = f"{identities.encoded(head)}.{identities.encoded(claims)}.{secrets.token_urlsafe(64)}"
    with azure.tokens_lock:
        azure.tokens[text] = (client, moment + life)
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
    directory = request.path.lower().startswith(("/v1.0/", f"{MS_GRAPH}/"))
    audience = f"{azure.base_url}{MS_GRAPH if directory else ''}/"
    code, problem = _wrong(azure, text.strip(), known[1] if known else None, audience)
    if known is None or code:
        challenge += f', error="invalid_token", error_description="{problem}"'
        raise ArmError(401, code, problem, headers={"WWW-Authenticate": challenge}, gateway=True)
    if azure.switches.claims_challenge and text.strip() not in azure.challenged:
        raise _claims_wanted(azure, challenge)
    return known[0]


def _claims_wanted(azure: Azure, challenge: str) -> ArmError:
    """Continuous access evaluation: the token is good, but a younger one with these claims is wanted."""
    claims = {"access_token": {"nbf": {"essential": True, "value": str(int(azure.now().timestamp()))}}}
    packed = base64.b64encode(json.dumps(claims).encode()).decode()
    return ArmError(
        401,
        "TokenCreatedWithOutdatedPolicies",
        "The access policies have changed since the token was issued.",
        headers={"WWW-Authenticate": f'{challenge}, error="insufficient_claims", claims="{packed}"'},
        gateway=True,
    )


def _wrong(azure: Azure, text: str, until: float | None, audience: str) -> tuple[str, str]:
    """Code and sentence for a token that is not taken for this audience."""
    if until is None:
        return "InvalidAuthenticationToken", "The access token is invalid."
    if until < azure.now().timestamp():
        return "ExpiredAuthenticationToken", "The access token has expired."
    claims = json.loads(identities.decoded(text.split(".")[1]))
    if claims["aud"] != audience:
        return (
            "InvalidAuthenticationTokenAudience",
            f"The access token has been obtained for wrong audience or resource '{claims['aud']}'. It should exactly "
            f"match with one of the allowed audiences '{audience}','{audience.rstrip('/')}'.",
        )
    if claims["tid"] != names.TENANT:
        return (
            "InvalidAuthenticationTokenTenant",
            f"The access token is from the wrong issuer '{claims['iss']}'. It must match the tenant "
            f"'{azure.base_url}/{names.TENANT}/' associated with this subscription.",
        )
    return "", ""


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
        "microsoftGraphResourceId": f"{azure.base_url}{MS_GRAPH}/",
        "name": "Lab",
        "suffixes": {},
        "batch": "",
        "resourceManager": azure.base_url,
        "activeDirectoryDataLake": "",
        "sqlManagement": "",
        "gallery": "",
    }
    return Answer(body=cloud if request.api_version >= "2022" else [cloud])
