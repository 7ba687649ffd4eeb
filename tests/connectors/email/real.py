"""Real mail software on the loopback: Postfix takes and bounces messages, Dovecot keeps mailboxes.

Both run as plain processes in a folder of their own and end with the test; nobody here wrote them.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.connectors.email.hosts import PASSWORD

SHOP = "news@shop.example"
_PORTS = ("smtp", "smtps", "mx", "imaps", "lmtp", "auth")
_LATE = "gone|full|ada"
"""Recipients whose own host is asked only after the message was accepted."""

_MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mail.shop.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
smtp_dns_support_level = disabled
virtual_mailbox_domains = shop.example, marked.example, example.com
virtual_mailbox_maps = regexp:{folder}/known
virtual_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = regexp:{folder}/transport
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_sender_login_maps = regexp:{folder}/owners
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access regexp:{folder}/refused
message_size_limit = 1000000
smtpd_timeout = 2s
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 5
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
maximal_queue_lifetime = 4s
bounce_queue_lifetime = 4s
delay_warning_time = 1s
{more}
"""
_SUBMISSION = """smtpd
  -o smtpd_sasl_auth_enable=yes -o smtpd_tls_security_level=encrypt -o smtpd_tls_auth_only=yes
  -o smtpd_reject_unlisted_recipient=no -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
  -o smtpd_sender_restrictions=reject_authenticated_sender_login_mismatch
  -o smtpd_end_of_data_restrictions=check_recipient_access,regexp:{folder}/slow"""
_MASTER = """
127.0.0.1:{smtp} inet n - n - - {submission}
127.0.0.1:{smtps} inet n - n - - {submission} -o smtpd_tls_wrappermode=yes
127.0.0.1:{mx} inet n - n - - smtpd
  -o smtpd_recipient_restrictions=check_recipient_access,regexp:{folder}/refused_late
postlog unix-dgram n - n - 1 postlogd
"""
_TABLES = {
    "known": "!/^(no|gone|ada)/ x",
    "transport": rf"/^({_LATE})/ smtp:[127.0.0.1]:{{mx}}",
    "owners": rf"/^{SHOP}$/ {SHOP}",
    "refused": "/^no/ 550 5.1.1 User unknown\n/^shy/ 450 4.2.0 Greylisted, come again",
    "refused_late": "/^full/ 452 4.2.2 Mailbox full",
    "slow": "/^cut/ sleep 9",
}
_SERVICES = {
    "public": ("cleanup 0 cleanup", "qmgr 1 qmgr", "flush 0 flush"),
    "private": (
        "rewrite - trivial-rewrite", "bounce 0 bounce", "defer 0 bounce", "trace 0 bounce",
        "proxymap - proxymap", "smtp - smtp", "error - error", "retry - error", "lmtp - lmtp",
        "anvil 1 anvil", "scache 1 scache", "tlsmgr 1 tlsmgr",
    ),
}  # fmt: skip

_DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap lmtp
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/mail/%u
mail_uid = dovenull
mail_gid = dovenull
first_valid_uid = 1
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = home={folder}/mail/%u allow_all_users=yes
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {imaps}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
"""


@dataclass(frozen=True)
class Host:
    """Servers that run; clients trust `ca_file` for `localhost`."""

    folder: Path
    ports: dict[str, int]

    @property
    def ca_file(self) -> Path:
        return self.folder / "cert.pem"

    def end(self, name: str) -> None:
        """Kill the processes of that name that the servers started."""
        for file in ("run/master.pid", "queue/pid/master.pid"):
            master = (self.folder / file).read_text().strip()
            told = subprocess.run(
                ["pgrep", "--parent", master, "--exact", name], capture_output=True, check=False
            )
            for pid in told.stdout.split():
                os.kill(int(pid), signal.SIGKILL)

    def delivered(self, address: str) -> list[bytes]:
        """Mails that wait in somebody's mailbox."""
        return [path.read_bytes() for path in (self.folder / "mail" / address).glob("new/*")]


def missing() -> str | None:
    """Why there are no servers to be judged by; None: there are."""
    if "REAL_SHOPS" not in os.environ:
        return "real mail software is started by make real-shops alone"
    if os.geteuid() != 0 or not all(map(shutil.which, ("postfix", "dovecot", "openssl"))):
        return "no real mail software: root, postfix, dovecot-imapd and dovecot-lmtpd are needed"
    return None


@contextmanager
def serving(**settings: str) -> Iterator[Host]:
    """Both servers, with more settings of Postfix; stopped and removed afterwards."""
    # Beside pytest's folders, which are closed to the users that the servers run as.
    folder = Path(tempfile.mkdtemp(prefix="shopkeeper-mail-"))
    folder.chmod(0o755)
    host = Host(folder, dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True)))
    _write(host, settings)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        _run("dovecot", "-c", str(folder / "dovecot.conf"))
        stack.callback(_run, "doveadm", "-c", str(folder / "dovecot.conf"), "stop")
        _run("postfix", "-c", str(folder / "postfix"), "start")
        stack.callback(_run, "postfix", "-c", str(folder / "postfix"), "stop")
        for port in host.ports.values():
            _wait_for(port)
        yield host


def _write(host: Host, settings: dict[str, str]) -> None:
    folder = host.folder
    more = "\n".join(f"{name} = {value}" for name, value in settings.items())
    values = {"folder": folder, "more": more, **host.ports}
    submission = _SUBMISSION.format(**values)
    services = [
        "{} unix {} - n - {} {}".format(name, "n" if kind == "public" else "y", most, what)
        for kind, entries in _SERVICES.items()
        for name, most, what in map(str.split, entries)
    ]
    for name in ("postfix", "queue", "data", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    shutil.chown(folder / "mail", "dovenull")
    texts = {name: text.format(**values) for name, text in _TABLES.items()}
    texts["postfix/main.cf"] = _MAIN.format(**values)
    texts["postfix/master.cf"] = _MASTER.format(submission=submission, **values)
    texts["postfix/master.cf"] += "\n".join(services) + "\n"
    texts["dovecot.conf"] = _DOVECOT.format(**values)
    texts["users"] = f"{SHOP}:{{PLAIN}}{PASSWORD}\n"
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    _certify(folder)


def _certify(folder: Path) -> None:
    _run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
        *("-addext", "keyUsage=critical,digitalSignature,keyCertSign"),
        *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
    )


def _run(*command: str) -> None:
    # No pipe: the servers would hold it open, and be waited for.
    silent = subprocess.DEVNULL
    subprocess.run(command, check=True, timeout=60, stdin=silent, stdout=silent, stderr=silent)


def _free_ports(count: int) -> list[int]:
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in taken]
    for one in taken:
        one.close()
    return ports


def _wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < until, "a server does not start"
            time.sleep(0.05)
        else:
            return
