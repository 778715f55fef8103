"""Least privilege: what each function's role must never allow. What it does need is in test_journeys.py."""

from __future__ import annotations

import pytest

from infra.ceremony.config import read_ceremony
from infra.package.functions import logical_id
from infra.package.template import PROJECT, extras, functions
from tests.deployment.iam import ACCOUNT, Asked, key_arn
from tests.deployment.recorder import TABLES, through_the_store
from tests.deployment.roles import PARAMETERS, of
from tests.support.world import SETTINGS, STAGE

FUNCTIONS = functions()
JOBS = ("publish_crls", "send_outbox", "renew_responders", "find_due")
CA_KEYS = ("root", "root-2026", "citizens", "citizens-2026", "citizens-ocsp", "citizens-2026-ocsp")

KEPT = (
    "accounts",
    "applications",
    "cards",
    "certificates",
    "codes",
    "identifications",
    "inboxes",
    "issuers",
    "payment_notifications",
    "orders",
    "payments",
    "powers",
    "receipts",
    "reports",
    "revocations",
    "holds",
    "video_cases",
)


def sign(alias: str) -> Asked:
    return Asked("kms:Sign", key_arn(alias), {"kms:ResourceAliases": [f"alias/clavero-{STAGE}-{alias}"]})


def on(operation: str, table: str, *attributes: str) -> Asked:
    return Asked(
        f"dynamodb:{operation}", f"{TABLES}clavero-{STAGE}-{table}", {"dynamodb:Attributes": attributes}
    )


ON_ROWS = ("GetItem", "PutItem", "UpdateItem", "ConditionCheckItem")


def on_row(operation: str, *rows: str) -> Asked:
    return Asked(f"dynamodb:{operation}", f"{TABLES}clavero-{STAGE}-codes", {"dynamodb:LeadingKeys": rows})


@pytest.mark.parametrize("function", FUNCTIONS)
def test_nothing_is_open_to_everything(function: str) -> None:
    """No bare `*`. Keys made by a ceremony have no names that a policy could know: their aliases decide."""
    for statement in of(function).statements:
        assert "*" not in statement.actions
        assert "*" not in statement.resources
        assert not any(action.endswith(":*") for action in statement.actions)
        if any(":key/*" in resource for resource in statement.resources):
            assert any(key == "kms:ResourceAliases" for _, key, _ in statement.conditions)


@pytest.mark.parametrize("alias", CA_KEYS)
def test_who_faces_the_internet_cannot_sign(alias: str) -> None:
    assert not of("api_handler").allows(sign(alias))


@pytest.mark.parametrize("function", sorted({*FUNCTIONS} - {"authority", "status"}))
def test_two_functions_sign_and_no_other(function: str) -> None:
    assert not any(of(function).allows(sign(alias)) for alias in CA_KEYS)


def test_each_of_them_with_its_own_keys() -> None:
    """The root's key is for ceremonies, a responder's for status, an issuing key for the authority."""
    assert [alias for alias in CA_KEYS if of("authority").allows(sign(alias))] == [
        "citizens",
        "citizens-2026",
    ]
    assert [alias for alias in CA_KEYS if of("status").allows(sign(alias))] == [
        "citizens-ocsp",
        "citizens-2026-ocsp",
    ]
    unnamed = Asked("kms:Sign", key_arn("someones"), {"kms:ResourceAliases": []})
    assert not of("authority").allows(unnamed)


@pytest.mark.parametrize("function", sorted({*FUNCTIONS} - {"authority"}))
def test_the_authority_alone_knows_a_code_from_its_hash(function: str) -> None:
    for action in ("kms:GenerateMac", "kms:VerifyMac", "kms:Encrypt"):
        asked = Asked(action, key_arn(f"clavero-{STAGE}-code-mac"))
        assert not of(function).allows(asked)
    assert of("authority").allows(Asked("kms:GenerateMac", key_arn(f"clavero-{STAGE}-code-mac")))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("operation", ["UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLDelete"])
def test_events_are_only_added(function: str, operation: str) -> None:
    assert not of(function).allows(on(operation, "events"))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("table", KEPT)
def test_nobody_deletes(function: str, table: str) -> None:
    for operation in ("DeleteItem", "BatchWriteItem", "PartiQLDelete"):
        assert not of(function).allows(on(operation, table))


AUTHORITYS_ROWS = (
    "generation-code#0a",
    "email-confirmation#0a",
    "emergency-code#0a",
    "wrong#generation-code#all",
)


@pytest.mark.parametrize("row", AUTHORITYS_ROWS)
def test_who_faces_the_internet_reads_and_changes_no_generation_code(row: str) -> None:
    """PINs and letters' codes stand in the same table, and that function works with them, row by row."""
    for operation in (*ON_ROWS, "BatchGetItem", "Query", "DeleteItem"):
        assert not of("api_handler").allows(on_row(operation, row))
        assert not of("api_handler").allows(on_row(operation, "pin#0a", row))
    for operation in ("PutItem", "UpdateItem"):
        assert of("authority").allows(on_row(operation, row))
    assert not of("api_handler").allows(on("Scan", "codes"))
    assert not any(of("api_handler").allows(on_row(operation)) for operation in ON_ROWS), "no row named"


def test_who_faces_the_internet_works_with_codes_of_log_ins_and_letters() -> None:
    rows = ("pin#1", "sms-otp#1", "letter-code#person:1", "email-confirmation#person:1#email")
    more = ("live#pin#1", "stop-code#person:1#mobile")
    for row in (*rows, *more, "device#1", "turn#1", "limit#letters#3600#1#1"):
        assert all(of("api_handler").allows(on_row(operation, row)) for operation in ON_ROWS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_who_faces_the_internet_alone_opens_the_secrets_of_authenticators(function: str) -> None:
    for action in ("kms:Encrypt", "kms:Decrypt"):
        asked = Asked(action, key_arn(f"clavero-{STAGE}-login-secrets"))
        assert of(function).allows(asked) == (function == "api_handler")


def test_a_video_is_looked_at_where_it_was_uploaded_and_nowhere_else() -> None:
    """No function lists the private bucket, and none opens a letter: the printing service does."""
    bucket = f"arn:aws:s3:::{SETTINGS.private_bucket}"
    for action in ("GetObject", "GetObjectVersion", "PutObject"):
        assert of("api_handler").allows(Asked(f"s3:{action}", f"{bucket}/video/1/front"))
        assert not of("api_handler").allows(Asked(f"s3:{action}", f"{bucket}/post/2026-11-22/1.pdf"))
        assert not of("send_outbox").allows(Asked(f"s3:{action}", f"{bucket}/video/1/front"))
    assert not of("send_outbox").allows(Asked("s3:GetObject", f"{bucket}/post/2026-11-22/1.pdf"))
    for function in FUNCTIONS:
        assert not of(function).allows(Asked("s3:ListBucket", bucket))
        for action in ("DeleteObject", "DeleteObjectVersion", "BypassGovernanceRetention"):
            assert not of(function).allows(Asked(f"s3:{action}", f"{bucket}/video/1/front"))


def test_the_key_of_letters_and_evidence_opens_evidence_to_one_function_and_letters_to_none() -> None:
    """By the object's name in the encryption context, and through the store only."""
    bucket = f"arn:aws:s3:::{SETTINGS.private_bucket}"
    video, letter = f"{bucket}/video/1/front", f"{bucket}/post/2026-11-22/1.pdf"
    may = {
        (function, action, resource)
        for function in FUNCTIONS
        for action in ("GenerateDataKey", "Decrypt")
        for resource in (video, letter)
        if of(function).allows(through_the_store(action, resource))
    }
    assert may == {
        ("api_handler", "GenerateDataKey", video),
        ("api_handler", "Decrypt", video),
        ("send_outbox", "GenerateDataKey", letter),
    }
    for function in FUNCTIONS:
        assert not of(function).allows(Asked("kms:Decrypt", key_arn(f"clavero-{STAGE}-private")))


def test_the_keys_own_policy_names_the_same_roles() -> None:
    """Whoever is not named is denied, whatever IAM says; the printing service is named where there is one."""
    made = extras()["Resources"]
    statements = {each["Sid"]: each for each in made["PrivateKey"]["Properties"]["KeyPolicy"]["Statement"]}
    seal = statements["TwoRolesSeal"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    opened = statements["ReviewersAndThePrintingServiceOpen"]["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    assert [each["Fn::Sub"].rpartition("/clavero-${Stage}-")[2] for each in seal] == [
        "api_handler",
        "send_outbox",
    ]
    assert opened[0]["Fn::Sub"].endswith("/clavero-${Stage}-api_handler")
    assert opened[1:] == [
        {"Fn::If": ["HasPrintingService", {"Ref": "PrintingServiceRole"}, {"Ref": "AWS::NoValue"}]}
    ]
    assert all(each["Effect"] == "Deny" for sid, each in statements.items() if sid != "AccountDecidesByIam")


def test_who_faces_the_internet_revokes_certificates_and_changes_nothing_else_of_them() -> None:
    api = of("api_handler")
    assert api.allows(on("UpdateItem", "certificates", "id", "revoked_at", "reason", "ocsp_sha256"))
    assert api.allows(on("UpdateItem", "certificates", "id", "held_at", "held_until", "lifted_at"))
    for attribute in ("der", "tbs", "state", "holder", "spki", "evidence_digest"):
        assert not api.allows(on("UpdateItem", "certificates", "id", attribute))
    assert not api.allows(on("PutItem", "certificates", "id"))
    for table in ("issuers", "points"):
        assert not any(api.allows(on(change, table)) for change in ("PutItem", "UpdateItem"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_authority_alone_writes_what_was_loaded_into_cards(function: str) -> None:
    may = {change for change in ("PutItem", "UpdateItem") if of(function).allows(on(change, "cards"))}
    assert may == ({"PutItem", "UpdateItem"} if function == "authority" else set())


def test_who_carries_out_mass_revocations_writes_no_plan_and_issues_nothing() -> None:
    """It goes on with plans that operators wrote; of a certificate it changes what a revocation changes."""
    job = of("revoke_planned")
    assert job.allows(on("UpdateItem", "certificates", "id", "revoked_at", "reason", "ocsp_sha256"))
    for attribute in ("der", "tbs", "state", "holder", "spki", "evidence_digest"):
        assert not job.allows(on("UpdateItem", "certificates", "id", attribute))
    for table in ("certificates", "mass_revocations", "keys", "issuers", "identifications", "codes"):
        assert not job.allows(on("PutItem", table))
    for function in FUNCTIONS:
        plans = [
            of(function).allows(on(act, "mass_revocations")) for act in ("GetItem", "Query", "UpdateItem")
        ]
        assert any(plans) == (function == "revoke_planned"), function


def test_status_keeps_answers_and_cannot_undo_a_revocation() -> None:
    """It may name `revoked_at` in a condition, and IAM cannot tell that from setting it: it is the one
    function besides the desk that could write a revocation. It cannot write what a certificate is.
    """
    assert of("status").allows(on("UpdateItem", "certificates", "id", "ocsp_sha1", "state", "revoked_at"))
    for attribute in ("der", "held_until", "lifted_at"):
        assert not of("status").allows(on("UpdateItem", "certificates", "id", attribute))
    assert not of("status").allows(on("PutItem", "revocations"))


@pytest.mark.parametrize("function", JOBS)
def test_scheduled_jobs_cannot_issue(function: str) -> None:
    """They ask the authority, which takes no name from them; they write no code, evidence or certificate."""
    for table in ("certificates", "codes", "identifications", "officers", "keys", "issuers", "events"):
        for operation in ("PutItem", "UpdateItem"):
            if (function, operation, table) not in WHAT_DUTIES_DO:
                assert not of(function).allows(on(operation, table))


WHAT_DUTIES_DO = {
    ("find_due", "UpdateItem", "certificates"),
    ("find_due", "UpdateItem", "identifications"),
    ("find_due", "PutItem", "events"),
}


def test_duties_end_things_and_make_none() -> None:
    """What falls due revokes and withdraws, and changes nothing of what a certificate or evidence says."""
    due = of("find_due")
    assert due.allows(on("UpdateItem", "certificates", "id", "revoked_at", "reason", "ocsp_sha256"))
    assert due.allows(on("UpdateItem", "identifications", "id", "withdrawn_at"))
    for attribute in ("der", "tbs", "state", "holder", "spki", "evidence_digest"):
        assert not due.allows(on("UpdateItem", "certificates", "id", attribute))
    for attribute in ("evidence", "evidence_digest", "holder", "live_code"):
        assert not due.allows(on("UpdateItem", "identifications", "id", attribute))
        assert not of("api_handler").allows(on("UpdateItem", "identifications", "id", attribute))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_who_faces_the_internet_alone_opens_the_merchants_key_and_nobody_seals_one(function: str) -> None:
    """A sealed key of somebody else would send people's money to somebody else's account."""
    key = key_arn(f"clavero-{STAGE}-payments")
    assert of(function).allows(Asked("kms:Decrypt", key)) == (function == "api_handler")
    assert not of(function).allows(Asked("kms:Encrypt", key))


def test_text_messages_go_to_phones_only() -> None:
    for function in ("api_handler", "send_outbox"):
        assert of(function).allows(Asked("sns:Publish", "+34612345678"))
        assert not of(function).allows(Asked("sns:Publish", f"arn:aws:sns:eu-south-2:{ACCOUNT}:alarms"))


def test_e_mail_comes_from_one_address() -> None:
    identity = f"arn:aws:ses:eu-south-2:{ACCOUNT}:identity/{PARAMETERS['EmailDomain']}"
    other = Asked("ses:SendEmail", identity, {"ses:FromAddress": ["somebody@clavero.es"]})
    assert not any(of(function).allows(other) for function in FUNCTIONS)


def test_the_ceremony_opens_its_keys_to_the_roles_that_are_deployed() -> None:
    ceremony = read_ceremony(PROJECT / "infra" / "ceremony" / "production.toml")
    assert ceremony.roles is not None
    assert ceremony.roles.authority.endswith(":role/clavero-prod-authority")
    assert ceremony.roles.status.endswith(":role/clavero-prod-status")
    assert {logical_id(name) for name in ("authority", "status")} == {"Authority", "Status"}
