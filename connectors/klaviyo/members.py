"""Who a profile is: a member of the shop, by the shop's own id of the customer."""

from collections.abc import Iterable

from connectors.klaviyo import wire


def nameless(profile: wire.Resource[wire.Profile] | str) -> str | None:
    """The member that a profile is as long as the shop has no id for it; null without any id."""
    profile_id = profile if isinstance(profile, str) else profile.id
    return f"klaviyo/{profile_id}" if profile_id else None


def member_of(profile: wire.Resource[wire.Profile]) -> str | None:
    """The member that a profile is; null for one that cannot be told."""
    return profile.attributes.external_id or nameless(profile)


def members_by_id(bodies: Iterable[bytes]) -> dict[str, str | None]:
    """Members by Klaviyo's ids, of answers that list profiles."""
    return {one.id: member_of(one) for one in _profiles(bodies) if one.id}


def members_by_address(bodies: Iterable[bytes]) -> dict[str, str | None]:
    """Members by their addresses in small letters, of answers that list profiles."""
    listed = ((one.attributes.email, one) for one in _profiles(bodies))
    return {email.lower(): member_of(one) for email, one in listed if email}


def _profiles(bodies: Iterable[bytes]) -> Iterable[wire.Resource[wire.Profile]]:
    """Profiles that can be read; whose profile cannot is as good as not told."""
    return (one for body in bodies for one in wire.PROFILES.readable(wire.framed(body).data))
