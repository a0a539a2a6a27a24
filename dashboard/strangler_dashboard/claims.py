"""From what a provider says of somebody to a name and roles. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from strangler.access import ROLES, Role
from strangler.errors import UsageError
from strangler.pace import person
from strangler_dashboard.errors import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from strangler.config.dashboard import Oidc


def person_of(claims: Mapping[str, Any], oidc: Oidc) -> tuple[str, tuple[Role, ...]]:
    """The name for the audit, and the roles. Raises Unauthenticated without a name, Forbidden without a role."""
    name = claims.get(oidc.name)
    if not isinstance(name, str) or len(name) > 200:
        raise Unauthenticated(
            f"the provider does not say `{oidc.name}` of you",
            remedy="`dashboard.login.oidc.name` and `scopes` say which claim is the name",
        )
    if oidc.name == "email" and claims.get("email_verified") is False:
        raise Unauthenticated("the provider has not verified your address", remedy="verify it there")
    try:
        person(name)
    except UsageError:
        raise Unauthenticated(f"`{oidc.name}` is empty", remedy="ask whoever runs the provider") from None
    held = _values(claims, oidc.roles.claim)
    roles = {role for value, given in oidc.roles.grants.items() if value in held for role in given}
    if not roles:
        raise Forbidden(
            f"{name} has no role here",
            remedy=f"`{oidc.roles.claim}` has none of the values that `dashboard.login.oidc.roles.grants` names",
        )
    return " ".join(name.split()), tuple(each for each in ROLES if each in roles)


def _values(claims: Mapping[str, Any], path: str) -> set[str]:
    """The texts of a claim: of that very name, else along the dots of it."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return {found}
    return {each for each in found if isinstance(each, str)} if isinstance(found, list) else set()
