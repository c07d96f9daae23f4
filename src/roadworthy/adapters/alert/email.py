"""Telling by mail, through the mail server of the organisation."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, unquote, urlsplit

from roadworthy.errors import NotAllowed, Unreachable, UsageError
from roadworthy.platform.alert.inert import inert
from roadworthy.platform.alert.words import words

if TYPE_CHECKING:
    from roadworthy.platform.alert.notice import Message

_SECONDS = 15.0
_SUBJECT = 150  # characters
_PORTS = {"smtp": 587, "smtps": 465}
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server, as an administrator named it: it is reached wherever it stands.

    Attributes:
        wrapped: TLS from the first byte; otherwise it begins where the server offers it.
        sender: The address that mail comes from.
    """

    host: str
    port: int
    wrapped: bool
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the server of `smtp://USER:PASSWORD@HOST:PORT?from=ADDRESS`, or `smtps://`.

        Raises:
            UsageError: It cannot be read so; the URL, which holds a password, is not repeated.
        """
        try:
            place = urlsplit(url)
            port = place.port or _PORTS.get(place.scheme, 0)
        except ValueError:
            place, port = urlsplit(""), 0
        sender = parse_qs(place.query).get("from", [""])[0]
        if not place.hostname or not port or place.scheme not in _PORTS or "@" not in sender:
            raise UsageError(
                "The mail server cannot be read from what was given.",
                remedy="Write `smtp://USER:PASSWORD@HOST:587?from=roadworthy@example.org`, or `smtps://…`.",
            )
        user, password = unquote(place.username or ""), unquote(place.password or "")
        return cls(place.hostname, port, place.scheme == "smtps", sender, user, password)


@dataclass(frozen=True, slots=True)
class Email:
    """An address of mail. An `Alert`."""

    server: Server
    address: str

    def send(self, message: Message) -> None:
        """Tell it; as `Alert` says."""
        try:
            with closing(_connected(self.server)) as line:
                _introduce(line, self.server)
                line.send_message(letter(message, self.server.sender, self.address))
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError) as fault:
            raise _refused(self.server, fault) from fault
        except (OSError, smtplib.SMTPException, ValueError) as fault:
            why = getattr(fault, "strerror", None) or type(fault).__name__
            raise Unreachable(
                f"The mail server {self.server.host} does not answer: {why}.", remedy="It is tried again by itself."
            ) from fault


def letter(message: Message, sender: str, address: str) -> EmailMessage:
    """Return the mail that tells *message*."""
    mail = EmailMessage()
    subject = f"Roadworthy: {inert(message.title)}"
    mail["Subject"] = subject if len(subject) <= _SUBJECT else f"{subject[: _SUBJECT - 1]}…"
    mail["From"], mail["To"] = sender, address
    mail["Date"] = formatdate(message.notices[-1].at / 1000)
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(words(message, inert))
    return mail


def _connected(server: Server) -> smtplib.SMTP:
    if server.wrapped:
        trust = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=trust)
    return smtplib.SMTP(server.host, server.port, timeout=_SECONDS)


def _introduce(line: smtplib.SMTP, server: Server) -> None:
    line.ehlo_or_helo_if_needed()
    if not server.wrapped and (line.has_extn("starttls") or server.password):  # a password never goes in the clear
        line.starttls(context=ssl.create_default_context())
    if server.user:
        line.login(server.user, server.password)


def _refused(server: Server, fault: smtplib.SMTPException) -> NotAllowed | Unreachable:
    codes = [fault.smtp_code] if isinstance(fault, smtplib.SMTPResponseException) else []
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in fault.recipients.values()]
    said = ", ".join(map(str, codes)) or "it offers no encryption, and a password is to be sent"
    if codes and min(codes) < _PERMANENT:
        return Unreachable(f"The mail server {server.host} is busy ({said}).", remedy="It is tried again by itself.")
    return NotAllowed(
        f"The mail server {server.host} does not take it ({said}).",
        remedy="See the address, and what the administrator set with `--smtp`.",
    )
