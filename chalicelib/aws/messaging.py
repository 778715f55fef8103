"""Text messages by SNS and e-mail by SES: one attempt each; the outbox repeats what failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

    from chalicelib.aws.cloud import Cloud


def send_sms(cloud: Cloud, to: str, text: str) -> None:
    """Send a text message to an E.164 number.

    Raises:
        Unavailable: it may or may not have been sent.
    """
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}
    }
    # An alias that is not in the Spanish registry of senders is blocked there, so it is configuration.
    if cloud.settings.sms_sender:
        attributes["AWS.SNS.SMS.SenderID"] = {"DataType": "String", "StringValue": cloud.settings.sms_sender}
    try:
        cloud.sns.publish(PhoneNumber=to, Message=text, MessageAttributes=attributes)
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error


def send_email(cloud: Cloud, to: str, subject: str, body: str) -> None:
    """Send a plain-text e-mail.

    Raises:
        Unavailable: it may or may not have been sent.
    """
    try:
        cloud.ses.send_email(
            Source=cloud.settings.email_sender,
            Destination={"ToAddresses": [to]},
            Message={
                "Subject": {"Data": subject, "Charset": "UTF-8"},
                "Body": {"Text": {"Data": body, "Charset": "UTF-8"}},
            },
        )
    except (BotoCoreError, ClientError) as error:
        raise Unavailable from error
