"""The telephone and mailbox of a local authority: every SMS and e-mail that was sent, kept as a person would.

The local cloud writes a line for each accepted Amazon SNS Publish to a number, and each SES e-mail (API v1
and v2); the page /local/phone, the demo and the tests read them here.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Received:
    """A message as its addressee sees it. `channel` is "sms" or "email"."""

    at: str
    channel: str
    to: str
    text: str
    sender: str = ""
    subject: str = ""


class Phone:
    """An append-only file of messages, oldest first."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def received(self, to: str | None = None) -> list[Received]:
        """The messages to this number or address (None: to anyone), oldest first."""
        if not self._path.exists():
            return []
        lines = self._path.read_text(encoding="utf-8").splitlines()
        messages = [Received(**json.loads(line)) for line in lines]
        return [message for message in messages if to is None or message.to == to]

    def keep(self, message: Received) -> None:
        # 0600: the codes in it open certificates, if only of the local authority.
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(message), ensure_ascii=False) + "\n")


def sent_messages(service: str, path: str, content_type: str, body: bytes, now: datetime) -> list[Received]:
    """The messages that this request to SNS or SES sends; none for any other request."""
    at = now.isoformat(timespec="seconds")
    if service == "sns":
        request = _parameters(content_type, body)
        if request.get("Action", "Publish") == "Publish" and "PhoneNumber" in request:
            return [Received(at, "sms", request["PhoneNumber"], request.get("Message", ""), _sender(request))]
    if service == "ses" and path.startswith("/v2/email/outbound-emails"):
        return _from_v2(json.loads(body), at)
    if service == "ses":
        request = _parameters(content_type, body)
        if request.get("Action") == "SendEmail":
            return _from_v1(request, at)
        if request.get("Action") == "SendRawEmail":
            return _from_mime(base64.b64decode(request["RawMessage.Data"]), at)
    return []


def _parameters(content_type: str, body: bytes) -> dict[str, Any]:
    if "json" in content_type:
        parsed: dict[str, Any] = json.loads(body)
        return parsed
    return {name: values[-1] for name, values in parse_qs(body.decode(), keep_blank_values=True).items()}


def _sender(request: dict[str, Any]) -> str:
    """The sender that SNS was told to show, from its numbered message attributes."""
    for name, value in request.items():
        if value == "AWS.SNS.SMS.SenderID" and name.endswith(".Name"):
            return str(request.get(name.removesuffix("Name") + "Value.StringValue", ""))
    return ""


def _from_v1(request: dict[str, Any], at: str) -> list[Received]:
    recipients = [value for name, value in request.items() if name.startswith("Destination.")]
    text = request.get("Message.Body.Text.Data") or request.get("Message.Body.Html.Data", "")
    subject, sender = request.get("Message.Subject.Data", ""), request.get("Source", "")
    return [Received(at, "email", to, text, sender, subject) for to in recipients]


def _from_v2(request: dict[str, Any], at: str) -> list[Received]:
    if raw := request["Content"].get("Raw"):
        return _from_mime(base64.b64decode(raw["Data"]), at)
    simple, sender = request["Content"]["Simple"], request.get("FromEmailAddress", "")
    text = (simple["Body"].get("Text") or simple["Body"].get("Html"))["Data"]
    recipients = [to for addresses in request["Destination"].values() for to in addresses]
    return [Received(at, "email", to, text, sender, simple["Subject"]["Data"]) for to in recipients]


def _from_mime(content: bytes, at: str) -> list[Received]:
    message = email.message_from_bytes(content, policy=email.policy.default)
    part = message.get_body(("plain", "html"))
    text = part.get_content() if part else ""
    recipients = [address.addr_spec for name in ("To", "Cc", "Bcc") for address in _addresses(message, name)]
    return [
        Received(at, "email", to, text, str(message["From"]), str(message["Subject"])) for to in recipients
    ]


def _addresses(message: Any, name: str) -> tuple[Any, ...]:
    header = message[name]
    return header.addresses if header else ()
