# Copyright (c) azlocal.migrate contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes of Azure Resource Manager and of the resource providers behind it, as their error bodies name them."""

from __future__ import annotations

from .entry import Row, table

_CHECK_NAMES = "Check the name and the resource group, and that the identity may read it"
_CLOUD = "Check that cloud_environment and tenant belong to this subscription"
_SEND_LATER = "Run again in a minute"
_SUPPORT = "Run again later; if it stays, give the correlation id to Microsoft Support"
_OURS = "This collection should not have sent it so: report it, with the correlation id"
_VERSION = "Update the collection; if it is new, the region does not offer this service version yet"
_ADOPT = "Look at what is there already; running the same step again takes it as it is"

_ROWS: dict[str, Row] = {
    # who we are
    "InvalidAuthenticationToken": ("the token is not one for this cloud or tenant", _CLOUD, "no"),
    "InvalidAuthenticationTokenAudience": ("the token is made out to another service or cloud", _CLOUD, "no"),
    "InvalidAuthenticationTokenTenant": (
        "the token is of another tenant than the subscription",
        "Set tenant (AZURE_TENANT) to the tenant that the subscription belongs to",
        "no",
    ),
    "ExpiredAuthenticationToken": (
        "the token had expired when it arrived",
        "Run again, and check that this machine's clock is right",
        "later",
    ),
    # what we may do
    "AuthorizationFailed": (
        "the identity has no role that permits this action on this scope",
        "Give the identity a role that permits the action on the scope that the message names",
        "after_repair",
    ),
    "LinkedAuthorizationFailed": (
        "the identity may do this here, but not on another resource that the request names",
        "Give the identity a role that permits what the message says it lacks, on the linked resource or subscription",
        "after_repair",
    ),
    "Forbidden": (
        "the service refuses this to the identity",
        "Give the identity a role that permits this; where there is one, a firewall of the resource may refuse it",
        "after_repair",
    ),
    "RequestDisallowedByPolicy": (
        "an Azure Policy of the subscription denies it",
        "Ask whoever owns Azure Policy in this subscription for an exemption",
        "after_repair",
    ),
    "ScopeLocked": (
        "a lock forbids the change",
        "Remove the lock on the resource, its resource group or the subscription",
        "after_repair",
    ),
    "ReadOnlyDisabledSubscription": (
        "the subscription is disabled and can only be read",
        "Have the subscription enabled again",
        "after_repair",
    ),
    "SubscriptionNotRegistered": (
        "the subscription is not registered for this service",
        "Register the resource provider in the subscription, then run this again",
        "after_repair",
    ),
    "MissingSubscriptionRegistration": (
        "the resource provider is not registered in the subscription",
        "Register the resource provider in the subscription, then run this again",
        "after_repair",
    ),
    "RoleAssignmentExists": ("the role is assigned already", "Nothing: it is as it should be", "done"),
    "PrincipalNotFound": (
        "Microsoft Entra does not know the identity that the role is for, or not yet",
        "Run again in some minutes: a new identity takes a while to be known everywhere",
        "later",
    ),
    "RoleAssignmentUpdateNotPermitted": (
        "a role assignment of this name is for somebody or something else",
        "Remove that role assignment if nobody needs it, then run again",
        "after_repair",
    ),
    "RoleDefinitionDoesNotExist": ("there is no such role here", "Check the id of the role and the scope", "no"),
    "TokenCreatedWithOutdatedPolicies": (
        "a policy of the tenant has changed since the token was made",
        "Run again: a new token is asked for",
        "later",
    ),
    # what is there
    "SubscriptionNotFound": (
        "there is no such subscription in this tenant and cloud, or it is hidden from the identity",
        "Check subscription_id, tenant and cloud_environment, and that the identity may see it",
        "no",
    ),
    "InvalidSubscriptionId": (
        "the subscription id is not a GUID",
        "Set subscription_id to the subscription's id, not its name",
        "no",
    ),
    "ResourceGroupNotFound": (
        "there is no such resource group in the subscription",
        "Check the name of the resource group and the subscription it is in",
        "no",
    ),
    "ResourceGroupBeingDeleted": (
        "the resource group is being deleted",
        "Use another resource group, or make it anew when it is gone",
        "after_repair",
    ),
    "ResourceNotFound": ("there is no such resource, or it is hidden from the identity", _CHECK_NAMES, "no"),
    "ParentResourceNotFound": (
        "something above it in the path is missing",
        "Check the names before the last one in the path",
        "no",
    ),
    "OperationNotFound": (
        "the service no longer knows this long-running operation",
        "Look at the resource itself; running the same step again does that",
        "later",
    ),
    "CustomLocationNotFound": (
        "the custom location does not exist",
        "See whether the Azure Local instance and its Arc resource bridge are deployed and running",
        "after_repair",
    ),
    # what was asked
    "InvalidRequestContent": ("the service does not understand the request", _OURS, "no"),
    "InvalidRequestFormat": ("the service does not understand the request", _OURS, "no"),
    "BadRequest": ("the service does not accept the request", "Correct what the message names", "no"),
    "InvalidParameter": ("a value of the request is not accepted", "Correct the value that the message names", "no"),
    "InvalidResourceName": ("the name is not legal", "Choose a name that follows Azure's rules", "no"),
    "InvalidResourceLocation": (
        "a resource of this name exists in another region",
        "Choose another name, or the region it is in",
        "no",
    ),
    "LocationNotAvailableForResourceType": (
        "the region does not offer this kind of resource",
        "Choose one of the regions that the message names",
        "no",
    ),
    "MethodNotAllowed": ("the service does not know this request", _OURS, "no"),
    "MissingApiVersionParameter": ("the request named no api-version", _OURS, "no"),
    "InvalidApiVersionParameter": ("the service does not know this api-version", _VERSION, "no"),
    "UnsupportedApiVersion": ("the service does not know this api-version", _VERSION, "no"),
    "NoRegisteredProviderFound": ("the region does not know this kind of resource at this api-version", _VERSION, "no"),
    "InvalidResourceType": ("the provider does not know this kind of resource at this api-version", _VERSION, "no"),
    "InvalidResourceNamespace": ("there is no such resource provider in this cloud", _CLOUD, "no"),
    "StorageAccountAlreadyTaken": (
        "another Azure customer has a storage account of this name",
        "Give another name for the storage account",
        "no",
    ),
    "StorageAccountAlreadyExists": ("the storage account exists already", _ADOPT, "later"),
    "QuotaExceeded": (
        "a quota of the subscription or region is used up",
        "Ask for more quota, or free what is not needed",
        "after_repair",
    ),
    "SkuNotAvailable": ("the region has none of this size left", "Choose another size or region", "no"),
    # its state
    "AnotherOperationInProgress": ("another operation holds the resource", _SEND_LATER, "later"),
    "OperationNotAllowed": (
        "the state of the resource does not permit this now",
        "Wait until it has settled, then run again",
        "later",
    ),
    "ResourceBusy": ("another operation holds the resource", _SEND_LATER, "later"),
    "InUse": (
        "something else still uses the resource, or an address is set already",
        "Find what holds it and let it go, then run again",
        "after_repair",
    ),
    "PreconditionFailed": ("somebody changed it since it was read", _SEND_LATER, "later"),
    "PreconditionNotMet": ("the resource is not in the state that this needs", "Run again later", "later"),
    "RetryableError": ("the service could not do it at this moment", _SEND_LATER, "later"),
    # how it fares
    "TooManyRequests": (
        "too many requests were sent",
        "Run again later; other runs of the same identity share the limit",
        "later",
    ),
    "SubscriptionRequestsThrottled": (
        "too many requests were sent to this subscription",
        "Run again later; other runs of the same identity share the limit",
        "later",
    ),
    "ResourceRequestsThrottled": (
        "too many requests were sent to this resource provider",
        "Run again later; other runs of the same identity share the limit",
        "later",
    ),
    "RateLimiting": (
        "Resource Graph was asked too often",
        "Run again later; other runs of the same identity share the limit",
        "later",
    ),
    "InternalServerError": ("the service failed", _SUPPORT, "later"),
    "InternalError": ("the service failed", _SUPPORT, "later"),
    "ServiceUnavailable": ("the service is out of order at the moment", _SUPPORT, "later"),
    "ServerBusy": ("the service is too busy at the moment", _SUPPORT, "later"),
    "ServerTimeout": ("the service did not answer in time", _SUPPORT, "later"),
    "GatewayTimeout": ("a service behind Resource Manager did not answer in time", _SUPPORT, "later"),
    "BadGateway": ("a service behind Resource Manager did not answer", _SUPPORT, "later"),
    "OperationTimedOut": ("the service did not finish in time", _SUPPORT, "later"),
    "Failed": ("the operation ended in failure, without a reason", _SUPPORT, "later"),
    "Canceled": ("somebody cancelled the operation", "Find out who, then run again", "later"),
    "Cancelled": ("somebody cancelled the operation", "Find out who, then run again", "later"),
}

ARM = table(_ROWS)
