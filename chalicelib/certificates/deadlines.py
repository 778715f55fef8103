"""The table of deadlines: what ends by itself, how long before it people are told, and what they are told.

One kind is one line. What ends on a day is found by an index (aws/due_days.py); whether it still matters is
decided here, from what is recorded when the notice is due: nobody is told of what was revoked, renewed,
withdrawn or replaced.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from chalicelib.aws.tables import Transaction, listed
from chalicelib.certificates.closing import carry_out
from chalicelib.certificates.data_change import FORMER_ADDRESS, revoke_former_addresses, revoke_untrue
from chalicelib.certificates.reaching import reach
from chalicelib.certificates.renewal import opens_at, renewed_online, taken
from chalicelib.civil_time import date_in_madrid
from chalicelib.login.proof_chain import DIRECT
from chalicelib.notices.catalogue import Value
from chalicelib.notices.outbox import Message
from chalicelib.pki.tables import CertificateRow
from chalicelib.registry import states
from chalicelib.registry.account_tables import AccountItem
from chalicelib.registry.accounts import ACTIVATION, PASSWORD, Account, read_account
from chalicelib.registry.assurance import METHODS
from chalicelib.registry.duties import fulfil
from chalicelib.registry.evidence import Evidence
from chalicelib.registry.guardianship import BIRTHDAY, TOLD_BEFORE, of_age_at, of_age_on
from chalicelib.registry.identified import newest_identification
from chalicelib.registry.people import is_adult
from chalicelib.registry.reachable import Contact, known_of
from chalicelib.registry.reports import REPORT
from chalicelib.registry.special import DATA_CHANGE
from chalicelib.registry.tables import DutyRow

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

NOTICES: Final = (70, 30, 7, 1, -1)
"""Days before the end on which people are told; -1 is the day after it."""
BY_SMS: Final = frozenset({7, 1, -1})
"""When a text message goes too: it costs, and wears off."""
WORTH_TELLING: Final = timedelta(days=5)
STATE: Final = "state"
"""The label, in the transaction of a notice, of what has to be so for it to be told."""
SUSPENDED: Final = "certificate-ends-suspended"
"""What a suspended certificate's holder is told: what is on hold cannot be renewed."""


class Told(Struct, frozen=True):
    """Whom to tell, and which texts with which values."""

    email: str
    mobile: str | None
    language: str
    template: str
    values: dict[str, Value]
    sms: str = ""
    not_before: datetime | None = None
    """When what it tells of has begun."""
    only_if: Callable[[Transaction], None] | None = None
    """Adds to the transaction that writes it what has to be so, under the label STATE: an index knows not
    everything, and later than the record."""
    otherwise: Told | None = None
    """What is told in its place where that is not so: under the same ids, so that one of them is told."""


class DeadlineKind(Struct, frozen=True):
    """One kind of thing that ends by itself."""

    name: str
    source: str
    """Which of SOURCES it is found in."""
    notices: tuple[int, ...]
    mine: Callable[[Any], bool]
    """Whether an item of the index is of this kind."""
    tell: Callable[[Cloud, Any, date, int], Told | None]
    """What is to be told of an item that ends on this day, so many days before; None if no more."""
    act: Callable[[Cloud, Any], None] | None = None
    """What happens on the day, instead of a notice; safe to repeat."""


def _certificate(cloud: Cloud, row: CertificateRow, _: date, days: int) -> Told | None:
    """F25: the notice names the offer, and by which channel it is accepted."""
    opens = opens_at(row.not_after)
    if row.state != "issued" or row.revoked_at is not None or _replaced(row, opens):
        return None
    holder = reach(str(row.holder), str(row.evidence), known_of(read_account(str(row.holder))))
    if (who := holder.told) is None:
        return None
    template = "certificate-ended"
    if days >= 0:
        template = f"certificate-ends-{_channel(row, who, cloud.now(), holder.registered is not None)}"
    values: dict[str, Value] = {"serial": row.serial_text, "ends": row.not_after}
    if days >= 0:
        values["host"] = cloud.settings.web_host
    sms = "certificate-ended" if days < 0 else "certificate-ends"
    standing = CertificateRow.revoked_at.does_not_exist()
    told = Told(
        who.email,
        who.mobile,
        who.language,
        template,
        values,
        sms,
        not_before=opens,
        only_if=_while(row, standing & CertificateRow.held_at.does_not_exist()),
    )
    if days < 0:
        return told  # a hold does not outlast the certificate, and its end has a notice of its own
    held = structs.replace(
        told,
        template=SUSPENDED,
        sms=SUSPENDED,
        only_if=_while(row, standing & CertificateRow.held_at.exists()),
    )
    return structs.replace(told, otherwise=held)


def _while(row: CertificateRow, condition: Any) -> Callable[[Transaction], None]:
    return lambda transaction: transaction.check(STATE, CertificateRow, row.id, condition)


def _replaced(row: CertificateRow, opens: datetime) -> bool:
    """Whether its holder has been given another one since it could be renewed, on line or at an office, and
    still has it: one that was interrupted or revoked takes no place."""
    since = CertificateRow.reserved_at >= opens
    return any(
        other.id != row.id
        and other.state == "issued"
        and other.revoked_at is None
        and other.profile.partition("/")[0] == row.profile.partition("/")[0]
        for other in listed(CertificateRow.by_holder.query(row.holder, since))
    )


def _channel(row: CertificateRow, who: Contact, now: datetime, registered: bool) -> str:
    """How it can be renewed, by the rules that the personal area applies; whoever has no account there
    registers first, with this very certificate (docs/adr/0030)."""
    if who.birth_date is not None and not is_adult(who.birth_date, date_in_madrid(now)):
        return "minor"
    successor = CertificateRow.find(row.renewed_by) if row.renewed_by else None
    if not (renewed_online(row) and row.proof in DIRECT and not taken(row, successor)):
        return "in-person"
    return "online" if registered else "after-registering"


def _strong_proof(_: Cloud, item: AccountItem, day: date, days: int) -> Told | None:
    """X08: the newest strong proof counts; an older one ends unnoticed."""
    account = read_account(item.holder)
    strong = [
        proof for proof in account.proofs if proof.withdrawn_at is None and METHODS[proof.method].strong
    ]
    newest = max(strong, key=lambda proof: (proof.at, proof.item), default=None)
    if newest is None or newest.item != item.item:
        return None
    return _of_account(account, account.strong_until, "strong-proof", day, days)


def _credential(_: Cloud, item: AccountItem, day: date, days: int) -> Told | None:
    account = read_account(item.holder)
    held = account.credentials.get(item.item)
    active = held is not None and held.state == states.ACTIVE
    ends = held.expires_at if held is not None and active else None
    return _of_account(account, ends, "password" if item.item == PASSWORD else "activation-code", day, days)


def _of_account(account: Account, ends: datetime | None, what: str, day: date, days: int) -> Told | None:
    known = known_of(account)
    who = None if known.barred else known.contact
    if who is None or ends is None or date_in_madrid(ends) != day:
        return None
    values: dict[str, Value] = {"deadline": what, "ends": ends}
    template = "deadline-passed" if days < 0 else "deadline-near"
    if days >= 0 and what == "password":
        # 6.9: what to do about it is so easy before its end that it has a text of its own.
        template, values = "password-expires", {"ends": ends}
    return Told(who.email, who.mobile, who.language, template, values)


def _birthday(cloud: Cloud, duty: DutyRow, day: date, days: int) -> Told | None:
    """F17: the holder of a certificate hears that from this day on nobody else has a part in it."""
    newest, known = newest_identification(str(duty.subject)), known_of(read_account(str(duty.subject)))
    if not isinstance(newest, Evidence) or newest.guardian is None or known.barred:
        return None
    if of_age_on(newest.birth_date) != day:
        return None
    if not any(
        _stands(row, cloud.now()) for row in listed(CertificateRow.by_holder.query(str(duty.subject)))
    ):
        return None
    who = known.contact or Contact(newest.email, newest.mobile, newest.language)
    template = "of-age-soon" if days else "of-age"
    return Told(who.email, None, who.language, template, {"birthday": of_age_at(newest.birth_date)})


def _stands(row: CertificateRow, now: datetime) -> bool:
    return row.state == "issued" and row.revoked_at is None and row.not_after > now


def _nothing_told(_: Cloud, _duty: DutyRow, _day: date, _days: int) -> None:
    """What happens has notices of its own."""


def _end_untrue(cloud: Cloud, duty: DutyRow) -> None:
    revoke_untrue(cloud, str(duty.subject))


def _end_former(cloud: Cloud, duty: DutyRow) -> None:
    revoke_former_addresses(cloud, str(duty.subject))


def _look_again(cloud: Cloud, duty: DutyRow) -> None:
    if carry_out(cloud, str(duty.subject), look_again=True).state == states.CLOSED:
        fulfil(duty, cloud.now())


def _of_kind(name: str) -> Callable[[Any], bool]:
    return lambda item: bool(item.kind == name)


def _starts(prefix: str) -> Callable[[Any], bool]:
    return lambda item: str(item.item).startswith(prefix)


SOURCES: Final[Mapping[str, Any]] = MappingProxyType(
    {"certificates": CertificateRow.by_end, "accounts": AccountItem.by_end, "duties": DutyRow}
)
"""The indexes that tell what ends on a day."""
KINDS: Final = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            DeadlineKind("certificate", "certificates", NOTICES, lambda _: True, _certificate),
            DeadlineKind("strong-proof", "accounts", NOTICES, _starts("proof#"), _strong_proof),
            DeadlineKind("activation-code", "accounts", (30, 7), _starts(ACTIVATION), _credential),
            DeadlineKind("password", "accounts", (30, 7, 1, -1), _starts(PASSWORD), _credential),
            DeadlineKind(BIRTHDAY, "duties", (TOLD_BEFORE, 0), _of_kind(BIRTHDAY), _birthday),
            DeadlineKind(DATA_CHANGE, "duties", (0,), _of_kind(DATA_CHANGE), _nothing_told, act=_end_untrue),
            DeadlineKind(
                FORMER_ADDRESS, "duties", (0,), _of_kind(FORMER_ADDRESS), _nothing_told, act=_end_former
            ),
            DeadlineKind(REPORT, "duties", (0,), _of_kind(REPORT), _nothing_told, act=_look_again),
        )
    }
)


def kind_of(source: str, item: Any) -> DeadlineKind | None:
    """Which kind an item of an index is of."""
    return next((kind for kind in KINDS.values() if kind.source == source and kind.mine(item)), None)


def offsets(source: str) -> tuple[int, ...]:
    """All the days before an end on which somebody may have to be told."""
    found = {days for kind in KINDS.values() if kind.source == source for days in kind.notices}
    return tuple(sorted(found, reverse=True))


def messages(
    cloud: Cloud, kind: DeadlineKind, item: Any, told: Told, day: date, days: int
) -> Iterator[tuple[Message, timedelta]]:
    """The messages of one notice, and how long each waits at least: what says that something can be done is
    not read before it can. Their ids follow from what ends, when and which notice it is: asked for twice,
    they are the same messages."""
    common = {"organisation": cloud.settings.organisation, "phone": cloud.settings.help_phone}
    subject = f"{item.holder}#{item.item}" if isinstance(item, AccountItem) else item.id
    name = f"deadline:{kind.name}:{subject}:{day:%Y-%m-%d}:{days}"
    give_up = cloud.now() + WORTH_TELLING
    wait = max(timedelta(0), told.not_before - cloud.now()) if told.not_before else timedelta(0)
    long: dict[str, Value] = {**told.values, **common}
    yield Message(f"{name}:email", "email", told.email, told.template, told.language, give_up, long), wait
    if told.sms and told.mobile and days in BY_SMS:
        short: dict[str, Value] = {"ends": told.values["ends"], **common}
        yield Message(f"{name}:sms", "sms", told.mobile, told.sms, told.language, give_up, short), wait
