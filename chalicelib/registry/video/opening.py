"""Opening a case of identification by video: who says to be whom, what for, and the forms for the uploads.

Whoever opens a case gets the same answer, known or not (6.6): a case whose data are wrong takes the same
uploads, and ends unseen.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import Meta, Struct

from chalicelib.aws.tables import ConditionFailed, Transaction
from chalicelib.codes.limits import Limit, count, counter
from chalicelib.codes.store import TooManyTries, network
from chalicelib.errors import Problem
from chalicelib.registry import evidence as identifications
from chalicelib.registry.accounts import holder_of
from chalicelib.registry.civil_register import CivilRegister, TableRegister, knows
from chalicelib.registry.contact import normalise_email, normalise_mobile
from chalicelib.registry.contrast import Contrast, contrast_digest
from chalicelib.registry.documents import normalise_nif
from chalicelib.registry.evidence import Language
from chalicelib.registry.identification import ConditionsNotAccepted
from chalicelib.registry.registration import CONDITIONS_VERSION
from chalicelib.registry.tables import VideoCaseRow
from chalicelib.registry.video import evidence
from chalicelib.registry.video.case import CERTIFICATE, OPEN, REGISTRATION, Purpose, add_event, token_id
from chalicelib.registry.video.evidence import ImageType, VideoType

if TYPE_CHECKING:
    from chalicelib.aws.cloud import Cloud

PER_SOURCE: Final = Limit("video-cases", most=20, seconds=60 * 60)
"""An office or a family opens this many cases in an hour; a program that fills the object store, more."""
TOKEN_OCTETS = 32
SUBMIT_WITHIN: Final = timedelta(days=1)
KEPT_UNSUBMITTED: Final = timedelta(days=2)
"""After that whoever opened a case and sent nothing is forgotten (GDPR art. 5.1.e)."""


class VideoNotConsented(Problem):
    """3.13: express consent, to the recording and to the comparison of biometric data."""

    slug = "video-not-consented"
    status = 422
    title = "Without consent to recording and to biometric comparison there is no identification by video"


class VideoNotOffered(Problem):
    """eIDAS art. 24(1a): a qualified provider identifies remotely only by what was confirmed to be sure."""

    slug = "video-not-offered"
    status = 409
    title = "Certificates by video are not offered here; come to a registration point"


class VideoConsent(Struct, frozen=True, forbid_unknown_fields=True):
    """Each is asked for by itself (GDPR art. 7.2 and 9.2.a)."""

    recording: bool
    biometrics: bool


class VideoCaseRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Who wants to be identified by video, what for, and what will be uploaded."""

    nif: Annotated[str, Meta(min_length=1, max_length=20)]
    contrast: Contrast
    mobile: Annotated[str, Meta(min_length=6, max_length=31)]
    email: Annotated[str, Meta(min_length=3, max_length=254)]
    language: Language
    consent: VideoConsent
    conditions_accepted: Annotated[str, Meta(min_length=1, max_length=20)]
    front: ImageType = "image/jpeg"
    back: ImageType = "image/jpeg"
    video: VideoType = "video/mp4"
    purpose: Annotated[Purpose, Meta(description="What an acceptance gives.")] = REGISTRATION
    capacity: Annotated[
        identifications.Purpose, Meta(description="In which the holder of a certificate will act (A01).")
    ] = "citizen"


class Opened(msgspec.Struct, frozen=True):
    """A new case, and what opens it again; told once."""

    id: str
    token: str
    forms: dict[str, tuple[str, dict[str, str]]]
    upload_until: datetime


def open_case(
    cloud: Cloud, request: VideoCaseRequest, source: str, register: CivilRegister | None = None
) -> Opened:
    """Open a case and sign the forms for its uploads.

    Args:
        source: the caller's network address.

    Raises:
        TooManyTries: too many cases from this source.
        VideoNotConsented, ConditionsNotAccepted, VideoNotOffered, and the problems of the data's form.
    """
    if not (request.consent.recording and request.consent.biometrics):
        raise VideoNotConsented(field="consent")
    if request.conditions_accepted != CONDITIONS_VERSION:
        raise ConditionsNotAccepted("Show and sign the version in force.", field="conditions_accepted")
    if (
        request.purpose == CERTIFICATE
        and cloud.settings.supervisory_reference
        and not cloud.settings.video_product
    ):
        raise VideoNotOffered(field="purpose")
    now, nif = cloud.now(), normalise_nif(request.nif)
    mobile, email = normalise_mobile(request.mobile), normalise_email(request.email)
    digest = contrast_digest(cloud, nif, request.contrast)
    found = (register or TableRegister()).find(nif)
    holder = holder_of(nif)
    case_id = cloud.entropy(16).hex()
    token = base64.urlsafe_b64encode(cloud.entropy(TOKEN_OCTETS)).rstrip(b"=").decode()
    types = {"front": request.front, "back": request.back, "video": request.video}
    files = evidence.announced(case_id, types)
    row = VideoCaseRow(
        case_id,
        token=token_id(token),
        state=OPEN,
        nif=nif,
        holder=holder,
        contrast=digest,
        matched=knows(found, digest),
        mobile=mobile,
        email=email,
        language=request.language,
        conditions=request.conditions_accepted,
        purpose=request.purpose,
        capacity=request.capacity,
        opened_at=now,
        expires=now + KEPT_UNSUBMITTED,
        files=msgspec.json.encode(files).decode(),
    )
    transaction = Transaction()
    transaction.put_new("case", row)
    said = {"recording": "yes", "biometrics": "yes", "conditions": request.conditions_accepted}
    add_event(cloud, transaction, row, "opened", "applicant", said | {"purpose": request.purpose})
    counted = counter(cloud, PER_SOURCE, network(source), now)
    count(transaction, [counted])
    try:
        transaction.commit()
    except ConditionFailed as failed:
        raise TooManyTries(retry_after=counted.seconds_left(now)) from failed
    forms = {name: evidence.upload_form(cloud, name, file) for name, file in files.items()}
    return Opened(case_id, token, forms, now + evidence.UPLOAD_WITHIN)
