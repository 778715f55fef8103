"""Settings: the environment, read once into typed values; a bad value stops the start, naming it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from chalicelib.errors import Problem

EXAMPLE_ARC = "1.3.6.1.4.1.32473.1"
"""An arc for examples (RFC 5612). An administration sets one of its own."""


class BadSetting(Problem):
    """The deployment is misconfigured: nothing may start."""

    slug = "bad-setting"


def _setting(variable: str, default: str | int, form: str, *, own: bool = False) -> Any:
    """A setting. `own`: the default serves a local instance only, and a deployment must set its own."""
    return field(default=default, metadata={"env": variable, "form": form, "own": own})


@dataclass(frozen=True)
class Settings:
    """What an operator decides, each with its environment variable and the form that its value must have."""

    stage: str = _setting("CLAVERO_STAGE", "local", r"local|dev|prod")
    region: str = _setting("AWS_REGION", "eu-south-2", r"[a-z]{2}(-[a-z]+)+-\d")
    organisation: str = _setting("CLAVERO_ORGANISATION", "Clavero", r"[A-Za-z0-9 .-]{2,20}")
    """As it stands in messages; short and plain, since every SMS begins with it."""
    api_url: str = _setting(
        "CLAVERO_API_URL", "http://localhost:8000", r"https?://[^/\s:]{1,50}(:\d+)?", own=True
    )
    """Where the API is. Its host name stands in text messages, which have room for 50 characters of it."""
    status_url: str = _setting("CLAVERO_STATUS_URL", "http://127.0.0.1:8000", r"http://[^/\s]+", own=True)
    """Plain http: relying software fetches CRLs, OCSP and CA certificates so (RFC 5280 section 8)."""
    practice_url: str = _setting(
        "CLAVERO_PRACTICE_URL", "https://clavero.example", r"https://[^/\s]+", own=True
    )
    """Where the CPS and the PKI disclosure statements are published."""
    bucket: str = _setting(
        "CLAVERO_BUCKET", "clavero-local-status-000000000000", r"[a-z0-9.-]{3,63}", own=True
    )
    private_bucket: str = _setting(
        "CLAVERO_PRIVATE_BUCKET", "clavero-local-private-000000000000", r"[a-z0-9.-]{3,63}", own=True
    )
    """Letters for the printing service, and the evidence of identifications by video."""
    policy_arc: str = _setting("CLAVERO_POLICY_ARC", EXAMPLE_ARC, r"\d+(\.\d+)+", own=True)
    supervisory_reference: str = _setting("CLAVERO_SUPERVISORY_REFERENCE", "", r".{0,200}")
    """The supervisory body's reference. Empty: not a qualified provider, and no certificate claims to be."""
    help_phone: str = _setting("CLAVERO_HELP_PHONE", "900 123 456", r"[0-9+ ]{3,16}")
    """Where people call for help, and to have a certificate revoked (A31, A33)."""
    sms_sender: str = _setting("CLAVERO_SMS_SENDER", "", r"[A-Za-z0-9]{0,11}")
    sms_countries: str = _setting(
        "CLAVERO_SMS_COUNTRIES",
        "34 30 31 32 33 351 352 353 356 357 358 359 36 370 371 372 385 386 39 40 420 421 43 45 46 48 49",
        r"[1-9]\d{0,2}( [1-9]\d{0,2}){0,99}",
    )
    """Calling codes of the countries that codes are sent to; here Spain and the European Union."""
    password_preset: str = _setting("CLAVERO_PASSWORD_PRESET", "modern", r"modern|clave")
    """Which rules new passwords obey (login/password_policy.py)."""
    email_sender: str = _setting(
        "CLAVERO_EMAIL_SENDER", "no-reply@clavero.example", r"[^@\s]+@[^@\s]+", own=True
    )
    officer_hourly_cap: int = _setting("CLAVERO_OFFICER_HOURLY_CAP", 30, r"\d{1,4}")
    """Identifications, and apart from them revocations and searches, that one officer may make in an hour."""
    trust_list: str = _setting("CLAVERO_TRUST_LIST", "", r"[^\0]{0,200}")
    """Path of the TOML file of other issuers whose client certificates are accepted. Empty: only our own."""
    card_models: str = _setting("CLAVERO_CARD_MODELS", "", r"[^\0]{0,200}")
    """Path of the TOML file of card models whose attestations are believed. Empty: none is."""
    video_reviewers: int = _setting("CLAVERO_VIDEO_REVIEWERS", 2, r"[12]")
    """How many officers must agree before an identification by video is accepted."""
    video_product: str = _setting("CLAVERO_VIDEO_PRODUCT", "", r"([a-z_][a-z0-9_.]*:[A-Za-z_]+)?")
    """A certified product (CCN-STIC-140, annex F.11) as `module:object`. Empty: no video grants anything
    before people have reviewed it."""
    fee_if_enforced: str = _setting("CLAVERO_FEE_IF_ENFORCED", "no", r"yes|no")
    """Whether the tariff's fee for another certificate is charged (X02); what else has a price always is."""
    redsys_url: str = _setting(
        "CLAVERO_REDSYS_URL",
        "https://sis-t.redsys.es:25443/sis/realizarPago",
        r"https://sis(-t)?\.redsys\.es(:25443)?/sis/realizarPago|http://localhost:\d+/local/pay",
    )
    """Where a person pays; here Redsys's test environment."""
    redsys_merchant: str = _setting("CLAVERO_REDSYS_MERCHANT", "", r"(\d{9})?")
    """The merchant code (FUC). Empty: nothing can be paid."""
    redsys_terminal: str = _setting("CLAVERO_REDSYS_TERMINAL", "1", r"\d{1,3}")
    redsys_signature: str = _setting(
        "CLAVERO_REDSYS_SIGNATURE", "HMAC_SHA512_V2", r"HMAC_SHA256_V1|HMAC_SHA512_V2"
    )
    redsys_key: str = _setting("CLAVERO_REDSYS_KEY", "", r"[A-Za-z0-9+/=]{0,1000}")
    """The merchant's key, sealed by `python -m infra.commands payment-key seal`: no secret as it is."""

    @property
    def prefix(self) -> str:
        """What every table, key alias and function name begins with."""
        return f"clavero-{self.stage}-"

    @property
    def web_host(self) -> str:
        """The host name in SMS bodies (WebOTP) and notices."""
        return self.api_url.split("://", 1)[1].split(":", 1)[0]

    def alias(self, name: str) -> str:
        """The KMS alias of one of our keys."""
        return f"alias/{self.prefix}{name}"

    @property
    def lint_waivers(self) -> frozenset[str]:
        """Lint findings let pass: only that a local instance is at `localhost`, and only there."""
        return frozenset({"etsi.internal_domain_name"}) if self.stage == "local" else frozenset()


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read and check every setting.

    Raises:
        BadSetting: naming the variable, never its value.
    """
    values: dict[str, object] = {}
    for item in fields(Settings):
        variable: str = item.metadata["env"]
        text = environment.get(variable)
        if text is None:
            if item.metadata["own"] and environment.get("CLAVERO_STAGE", "local") != "local":
                raise BadSetting(f"{variable} must be set outside a local instance")
            continue
        if not re.fullmatch(item.metadata["form"], text):
            raise BadSetting(f"{variable} does not have the form {item.metadata['form']}")
        convert: Callable[[str], object] = int if item.type == "int" else str
        values[item.name] = convert(text)
    return Settings(**values)  # type: ignore[arg-type]  # each value was checked against its field
