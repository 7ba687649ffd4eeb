"""One merchant's platforms at once: shops, ads, CRM, carriers and mail, from one seed."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from starlette.routing import BaseRoute

from sandbox import amazon, jd, klaviyo, kuaidi100, taobao, woocommerce
from sandbox.mail import Credentials as MailCredentials
from sandbox.mail import Mailhost, Rule, serving_mail
from sandbox.plan import Fault
from sandbox.scoreboard import clock_text
from sandbox.server import running
from sandbox.shopify.cost import Rates
from sandbox.world.world import World

SENDER: Final = "shop@merchant.example"
# A few of the people written to do not want it, or are not there any more.
MAIL_RULES: Final = (
    Rule("*.13@*", "hard_bounce", timedelta(minutes=1)),
    Rule("*.27@*", "unsubscribe", timedelta(minutes=1)),
)


@contextmanager
def composed(
    worlds: Mapping[str, World],
    *,
    token: str,
    port: int = 0,
    mail_ports: tuple[int, int, int] = (0, 0, 0),
    mail_folder: Path | None = None,
    rates: Rates | None = None,
    faults: Sequence[Fault] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[dict[str, Any]]:
    """Serve the worlds by channel name, Shopify among them; yields what a client has to know.

    Every key, secret and password is `token`. The members of the Shopify shop are the people of the
    CRM and get the mail; the carrier knows the parcels of all channels. `clock` gives the seconds
    that limits of the marketplaces beside run on, further to the time of their worlds.

    Raises:
        OSError: a port is taken.
    """
    main = worlds["shopify"]
    others = [world for world in worlds.values() if world is not main]
    with ExitStack() as stack:
        mail = stack.enter_context(
            serving_mail(
                main,
                MailCredentials(user=SENDER, password=token, address=SENDER),
                rules=MAIL_RULES,
                ports=mail_ports,
                directory=mail_folder,
            )
        )
        url = stack.enter_context(
            running(
                main,
                token=token,
                rates=rates,
                port=port,
                faults=faults,
                others=[
                    *_shops(worlds, token, clock),
                    *klaviyo.routes(main, klaviyo.Credentials(api_key=token)),
                    *kuaidi100.routes(
                        main,
                        kuaidi100.Credentials(customer="demo", key=token),
                        others=others,
                        # Days of the world pass in seconds: half an hour between two questions is
                        # by its clock.
                        clock=lambda: main.clock.timestamp(),
                    ),
                ],
                channels=worlds,
            )
        )
        yield {
            "url": url,
            "clock": clock_text(main),
            "orders": sum(world.orders.height for world in worlds.values()),
            "lines": sum(world.lines.height for world in worlds.values()),
            "mail": _told(mail),
        }


def _shops(
    worlds: Mapping[str, World], token: str, clock: Callable[[], float]
) -> Iterator[BaseRoute]:
    """The marketplaces beside Shopify."""
    for name, world in worlds.items():
        if name == "taobao":
            given = taobao.Credentials(
                app_key="demo", app_secret=token, session=token, refresh_token=token
            )
            yield from taobao.routes(world, given, clock=clock)
        elif name == "jd":
            yield from jd.routes(world, jd.Credentials("demo", token, token, token), clock=clock)
        elif name == "amazon":
            yield from amazon.routes(
                world,
                amazon.Credentials(
                    client_id="demo",
                    client_secret=token,
                    refresh_token=token,
                    seller_id="DEMOSELLER",
                ),
                clock=clock,
            )
        elif name == "woocommerce":
            key = woocommerce.ApiKey("demo", token, "read_write")
            yield from woocommerce.routes(world, woocommerce.Credentials(keys=(key,)))


def _told(mail: Mailhost) -> dict[str, Any]:
    return {
        "address": SENDER,
        "smtp_port": mail.smtp_port,
        "imap_port": mail.imap_port,
        "ports": [mail.smtp_port, mail.smtps_port, mail.imap_port],
        "ca_file": str(mail.ca_file),
    }
