"""One merchant on several platforms: a world per channel, from one reading of what was sold."""

from collections.abc import Sequence
from datetime import date

from sandbox.world.channels import shared
from sandbox.world.seed import cut, read
from sandbox.world.world import World, grown


def merchant(
    today: date,
    *,
    days: int | None = None,
    households: int | None = None,
    channels: Sequence[str] = ("shopify", "taobao"),
) -> dict[str, World]:
    """Worlds by channel name, each as `build(channel=...)` gives it; households are disjoint.

    Args:
        days: the last days only.
        households: the first households of each channel only.
        channels: names of `sandbox.world.channels.CHANNELS`.

    Raises:
        KeyError: there is no such channel.
    """
    source = read(today)
    return {
        name: grown(cut(source, days=days, households=households, channel=channel))
        for name, channel in shared(channels).items()
    }
