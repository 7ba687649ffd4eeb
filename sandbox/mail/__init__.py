"""A mail host: submission over SMTP, what answers each recipient, and the sender's mailbox."""

from sandbox.mail.host import Mailhost, serving_mail
from sandbox.mail.rules import Rule
from sandbox.mail.smtp import Credentials, Received, recipient_hash

__all__ = ["Credentials", "Mailhost", "Received", "Rule", "recipient_hash", "serving_mail"]
