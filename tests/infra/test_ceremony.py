"""A key ceremony may stop anywhere and be held again; it never makes one thing twice or overwrites one."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chalicelib.aws.cloud import Cloud
from chalicelib.aws.functions import InProcessFunctions
from chalicelib.pki import lint, responders
from chalicelib.pki.issuers import forget, issuers
from chalicelib.pki.profiles import DishonestProfile
from chalicelib.pki.tables import IssuerRow
from chalicelib.settings import Settings
from infra.ceremony.config import BadCeremony, Ceremony, Roles, read_ceremony
from infra.ceremony.hold import hold, rehearse
from infra.ceremony.keys import key_policy
from tests.support.emptied_cloud import deployed_once

FOLDER = Path(__file__).parents[2] / "infra" / "ceremony"
NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
SETTINGS = Settings(
    stage="test",
    status_url="http://status.clavero.es",
    bucket="clavero-test-status-123456789012",
    private_bucket="clavero-test-private-123456789012",
    policy_arc="1.3.6.1.4.1.32473.1",
)
ROLES = Roles(
    "123456789012",
    *(f"arn:aws:iam::123456789012:role/{name}" for name in ("ceremony", "authority", "status")),
)


@pytest.fixture(scope="module")
def empty() -> Iterator[Callable[[], None]]:
    """One cloud for all ceremonies, and what empties it."""
    with deployed_once(SETTINGS) as empty:
        yield empty


@pytest.fixture
def aws(empty: Callable[[], None]) -> None:
    """A cloud in which nothing was made yet."""
    empty()


def new_cloud(now: datetime = NOW) -> Cloud:
    """The authority answers in process, and renews responders only."""
    handlers = {"authority": lambda cloud, payload: responders.renew_responder(cloud, payload)}
    return Cloud(SETTINGS, InProcessFunctions(handlers), clock=lambda: now)


@pytest.fixture
def ceremony() -> Ceremony:
    """The local one with its first issuing CA, which is enough to see each step."""
    local = read_ceremony(FOLDER / "local.toml")
    return replace(local, stage="test", issuing=local.issuing[:1])


def test_one_ceremony_makes_a_working_authority(aws: None, ceremony: Ceremony, tmp_path: Path) -> None:
    """OpenSSL, which knows nothing of us, follows the chain to the root with the CRL at hand."""
    cloud = new_cloud()
    transcript = hold(ceremony, cloud, tmp_path)
    assert Counter(entry.kind for entry in transcript.made) == {"public key": 3, "certificate": 3, "CRL": 1}
    issuer = issuers(cloud).active("citizen-software", NOW)
    assert issuer.responder_certificate is not None
    (tmp_path / "ocsp.cer").write_bytes(issuer.responder_certificate.public_bytes(Encoding.DER))
    for der in ("root-2026.cer", "citizens-2026.cer", "ocsp.cer", "root-2026-001.crl"):
        command = ["openssl", "crl" if der.endswith("crl") else "x509", "-inform", "DER", "-in", der]
        subprocess.run([*command, "-out", f"{der}.pem"], cwd=tmp_path, check=True)
    verify = ["openssl", "verify", "-x509_strict", "-attime", str(int(NOW.timestamp()) + 60)]
    verify += ["-CAfile", "root-2026.cer.pem"]
    crl_check = ["-crl_check", "-CRLfile", "root-2026-001.crl.pem", "citizens-2026.cer.pem"]
    chain = ["-untrusted", "citizens-2026.cer.pem", "ocsp.cer.pem"]
    for rest in (crl_check, chain):
        answer = subprocess.run([*verify, *rest], cwd=tmp_path, capture_output=True, text=True)
        assert answer.stdout.strip().endswith(": OK"), answer.stderr
    assert lint.crl_findings((tmp_path / "root-2026-001.crl").read_bytes()) == []


def test_a_complete_ceremony_held_again_changes_nothing(
    aws: None, ceremony: Ceremony, tmp_path: Path
) -> None:
    """Whoever is not sure whether it was held may hold it."""
    hold(ceremony, new_cloud(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    again = hold(ceremony, new_cloud(NOW + timedelta(hours=1)), tmp_path)
    assert again.made == []
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 2  # the second transcript, in both forms


class Crash(BaseException):
    """The process ends. No handler of ours may catch it."""


WRITES = {"CreateKey", "CreateAlias", "Sign", "TransactWriteItems", "PutObject"}


def crash_after(cloud: Cloud, number: int) -> list[str]:
    """End the process when AWS has carried out the n-th call that changes or signs something."""
    calls: list[str] = []

    def count(**told: Any) -> None:
        name = told["model"].name
        if name in WRITES:
            calls.append(name)
            if len(calls) == number:
                raise Crash(name)

    cloud.session.register("after-call", count)
    return calls


def test_a_ceremony_that_stopped_anywhere_is_finished_by_the_next(
    empty: Callable[[], None], ceremony: Ceremony, tmp_path: Path
) -> None:
    """Each write in turn is the last that AWS saw, and its answer is lost."""
    number, crashed, calls = 0, True, []
    while crashed:
        number += 1
        empty()
        first = new_cloud()
        calls = crash_after(first, number)
        try:
            hold(ceremony, first, tmp_path / str(number))
            crashed = False
        except Crash:
            pass
        second = new_cloud(NOW + timedelta(minutes=5))
        hold(ceremony, second, tmp_path / str(number))
        check_complete(second, tmp_path / str(number))
    made = Counter(calls)
    assert (made["CreateKey"], made["CreateAlias"], made["PutObject"]) == (3, 3, 1)
    assert made["Sign"] == 4  # two CAs, the CRL, the responder


def check_complete(cloud: Cloud, folder: Path) -> None:
    """One key for each name, one certificate for each key, and it is the one whose TBS is on record."""
    ours = [
        cloud.kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"]
        for key in cloud.kms.list_keys()["Keys"]
    ]
    expected = ["root-2026", "citizens-2026", "citizens-2026-ocsp"]
    assert sorted(name for name in ours if "2026" in name) == sorted(map(SETTINGS.alias, expected))
    forget(cloud)
    found = issuers(cloud).all
    assert sorted(issuer.title for issuer in found) == ["citizens-2026", "root-2026"]
    for issuer in found:
        certificate = x509.load_der_x509_certificate((folder / f"{issuer.title}.cer").read_bytes())
        assert certificate == issuer.certificate
        assert certificate.tbs_certificate_bytes == (folder / f"{issuer.title}.tbs").read_bytes()
    assert issuers(cloud).active("citizen-software", cloud.now()).responder_certificate is not None
    assert (folder / "root-2026-001.crl").exists()
    assert not (folder / "root-2026-002.crl").exists()


def test_rollover_adds_a_ca_and_leaves_the_old_one(aws: None, ceremony: Ceremony, tmp_path: Path) -> None:
    """New certificates come from the new CA; the old one keeps its row, its shards and its responder."""
    hold(ceremony, new_cloud(), tmp_path)
    old = issuers(new_cloud()).active("citizen-software", NOW)
    later = NOW + timedelta(days=400)
    (first,) = ceremony.issuing
    name = x509.Name([*list(first.subject)[:-1], x509.NameAttribute(x509.NameOID.COMMON_NAME, "CA 2027")])
    second = replace(first, name="citizens-2027", subject=name)
    cloud = new_cloud(later)
    hold(replace(ceremony, issuing=(first, second)), cloud, tmp_path)
    new = issuers(cloud).active("citizen-software", later)
    assert new.title == "citizens-2027"
    kept = issuers(cloud).get(old.id)
    assert kept is not None
    assert (kept.certificate, kept.crl_shards, kept.key_id) == (old.certificate, old.crl_shards, old.key_id)
    assert kept.parent == new.parent


def test_a_revoked_ca_is_on_the_roots_crl_for_good(aws: None, ceremony: Ceremony, tmp_path: Path) -> None:
    """The first date stays, even if somebody edits the configuration later (R13)."""
    hold(ceremony, new_cloud(), tmp_path)
    (first,) = ceremony.issuing
    later = NOW + timedelta(days=2)
    revoked = replace(first, revoked_at=NOW + timedelta(days=1), revocation_reason="cACompromise")
    hold(replace(ceremony, issuing=(revoked,)), new_cloud(later), tmp_path)
    edited = replace(revoked, revoked_at=NOW + timedelta(days=3))
    hold(replace(ceremony, issuing=(edited,)), new_cloud(later + timedelta(days=300)), tmp_path)
    for number in ("002", "003"):
        crl = x509.load_der_x509_crl((tmp_path / f"root-2026-{number}.crl").read_bytes())
        (entry,) = crl
        assert entry.revocation_date_utc == revoked.revoked_at
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
        assert reason is x509.ReasonFlags.ca_compromise


def test_a_ca_that_exists_is_never_changed(aws: None, ceremony: Ceremony, tmp_path: Path) -> None:
    hold(ceremony, new_cloud(), tmp_path)
    (entry,) = ceremony.issuing
    renamed = x509.Name([*list(entry.subject)[:-1], x509.NameAttribute(x509.NameOID.COMMON_NAME, "Other")])
    for changed in (
        replace(entry, crl_shards=16),
        replace(entry, profiles=frozenset({"citizen-software"})),
        replace(entry, subject=renamed),
    ):
        with pytest.raises(BadCeremony):
            hold(replace(ceremony, issuing=(changed,)), new_cloud(), tmp_path)
    (tmp_path / "root-2026.cer").write_bytes(b"another")
    with pytest.raises(BadCeremony):
        hold(ceremony, new_cloud(), tmp_path)


def test_a_rehearsal_makes_nothing(aws: None, ceremony: Ceremony) -> None:
    """A validity that no profile allows is found before there is a key."""
    cloud = new_cloud()
    keys = cloud.kms.list_keys()["Keys"]
    rehearse(ceremony, cloud)
    with pytest.raises(DishonestProfile):
        rehearse(replace(ceremony, root=replace(ceremony.root, years=26)), cloud)
    assert cloud.kms.list_keys()["Keys"] == keys
    assert list(IssuerRow.scan()) == []


def test_a_configuration_for_another_stage_is_refused(ceremony: Ceremony, tmp_path: Path) -> None:
    with pytest.raises(BadCeremony):
        hold(replace(ceremony, stage="prod"), new_cloud(), tmp_path)


def test_the_transcript_names_hashes_and_people(aws: None, ceremony: Ceremony, tmp_path: Path) -> None:
    transcript = hold(ceremony, new_cloud(), tmp_path)
    (path,) = tmp_path.glob("transcript-001-*.json")
    document = json.loads(path.read_text())
    assert document["configuration"] == ceremony.sha256
    assert document["linter"] == lint.linter()
    assert document["attendees"] == list(ceremony.attendees)
    assert len(document["entries"]) == len(transcript.entries) == 7
    text = path.with_suffix(".txt").read_text()
    for entry in transcript.entries:
        assert entry.sha256 in text
    assert text.count("Signature: ___") == 2


def test_each_key_is_open_to_one_role() -> None:
    """The explicit denial stops administrators too, and no grant can pass the right on."""
    policy = json.loads(key_policy(ROLES, ROLES.authority))
    allowed = [s for s in policy["Statement"] if s["Effect"] == "Allow"]
    signers = [s["Principal"]["AWS"] for s in allowed if "kms:Sign" in s["Action"]]
    assert signers == [ROLES.authority]
    assert not any(action in ("kms:*", "kms:CreateGrant") for s in allowed for action in s["Action"])
    (denied,) = [s for s in policy["Statement"] if s["Effect"] == "Deny"]
    assert denied["Principal"] == "*"
    assert set(denied["Action"]) == {"kms:Sign", "kms:CreateGrant"}
    assert denied["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": ROLES.authority}}


def test_keys_get_the_policy_of_their_role(aws: None, ceremony: Ceremony, tmp_path: Path) -> None:
    cloud = new_cloud()
    hold(replace(ceremony, roles=ROLES), cloud, tmp_path)
    for name, role in (
        ("root-2026", ROLES.ceremony),
        ("citizens-2026", ROLES.authority),
        ("citizens-2026-ocsp", ROLES.status),
    ):
        arn = cloud.kms.describe_key(KeyId=SETTINGS.alias(name))["KeyMetadata"]["Arn"]
        policy = cloud.kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]
        assert json.loads(policy) == json.loads(key_policy(ROLES, role))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('attendees = ["Name of the key custodian", "Name of the witness"]', 'attendees = ["One"]'),
        ('attendees = ["Name of the key custodian", "Name of the witness"]', 'attendees = ["One", "One"]'),
        ("crl_shards = 64", "crl_shards = 0"),
        ("crl_shards = 64", "crl_shards = 64\nunknown = 1"),
        ('key = "ECC_NIST_P384"', 'key = "RSA_1024"'),
        ('"citizen-software", ', '"root-ca", '),
        ('organisation_id = "VATES-A58818501"', 'organisation_id = "VATES-A58818502"'),
        ('name = "citizens-2026"', 'name = "root-2026"'),
        ('name = "citizens-2026"', 'name = "../x"'),
        ('common_name = "Clavero Citizens CA 2026"', 'common_name = "Clavero Root CA 2026"'),
        ("crl_days = 365", "crl_days = 4000"),
        ("[roles]", "[rolls]"),
        ("crl_shards = 64", 'crl_shards = 64\nrevocation_reason = "cACompromise"'),
        ("crl_shards = 64", ""),
    ],
)
def test_a_wrong_configuration_is_refused_whole(old: str, new: str, tmp_path: Path) -> None:
    text = (FOLDER / "production.toml").read_text()
    path = tmp_path / "x.toml"
    path.write_text(text)
    assert read_ceremony(path).roles is not None
    path.write_text(text.replace(old, new))
    assert path.read_text() != text
    with pytest.raises(BadCeremony):
        read_ceremony(path)
