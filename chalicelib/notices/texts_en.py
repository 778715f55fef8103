"""The messages in English. Dates name their month, since 07/12 is read in two ways."""

from __future__ import annotations

SMS = {
    "certificate-ends": (
        "{organisation}: your certificate expires on {ends}. Renew it before. We sent you an e-mail"
        " saying how. Help: {phone}."
    ),
    "emergency-code-replaced": (
        "{organisation}: your certificate has a new emergency code; the one before is void. If it was not "
        "you, call {phone} now."
    ),
    "certificate-ends-suspended": (
        "{organisation}: your certificate is suspended and expires on {ends}. Lift the suspension to "
        "renew it. Help: {phone}."
    ),
    "certificate-ended": (
        "{organisation}: your certificate expired on {ends}. For another one, come to an office or "
        "log in with your e-ID. Help: {phone}."
    ),
    "video-certificate-granted": (
        "{organisation}: a certificate in your name was granted by video. If it was not you,"
        " call {phone} now."
    ),
    "welcome": (
        "{organisation}: you are now registered. Keep the activation code on your receipt. "
        "If this was not you, call {phone}."
    ),
    "generation-code": (
        "{organisation}: code {code} for your certificate. Expires {expires}. Never share it.\n"
        "@{host} #{code}"
    ),
    "mobile-code": (
        "{organisation}: code {code} to confirm this number. 5 minutes. Never share it.\n@{host} #{code}"
    ),
    "contact-changed": (
        "{organisation}: your contact data have changed. If this was not you, call {phone} now."
    ),
    "mobile-changed": (
        "{organisation}: your mobile number changed. Not you? Type {code} on our website or call {phone} now."
    ),
    "change-stopped": (
        "{organisation}: the change of your mobile was stopped. No codes until you come to an office. {phone}"
    ),
    "app-added": (
        "{organisation}: an app was added for your PINs. Not you? Type {code} on our website or call {phone}."
    ),
    "app-stopped": "{organisation}: an app was removed from your registration, by the code we sent. {phone}",
    "renounced": (
        "{organisation}: your registration has ended, as you asked. If this was not you, call {phone} now."
    ),
    "pin": (
        "{organisation}: your PIN to log in is {code}. Valid 10 minutes, once. Never share it.\n"
        "@{host} #{code}"
    ),
    "otp-activation": (
        "{organisation}: {code} activates your password. Valid 5 minutes. Never share it.\n@{host} #{code}"
    ),
    "otp-recovery": (
        "{organisation}: {code} recovers your password. Valid 5 minutes. Never share it.\n@{host} #{code}"
    ),
    "otp-step-up": (
        "{organisation}: {code} confirms your log-in. Valid 5 minutes. Never share it.\n@{host} #{code}"
    ),
}

EMAILS = {
    "certificate-ends-online": (
        "{organisation}: renew your certificate in one step",
        """\
Good morning:

Your digital certificate is about to expire:

    Serial number: {serial}
    Expires: {ends}

Its renewal is ready. Log in at {host} with this same certificate or with your electronic identity card and \
accept it: the new key is made on your own device, and the data are the same. The present certificate works \
until it expires.

Type the address yourself: our messages never contain links. Once it has expired you will have to come to an \
office, or apply for another one with your electronic identity card.

{organisation}
Help: {phone}
""",
    ),
    "certificate-ends-in-person": (
        "{organisation}: your certificate is about to expire",
        """\
Good morning:

Your digital certificate is about to expire:

    Serial number: {serial}
    Expires: {ends}

This certificate is not enough to obtain the next one, so you have to identify yourself again: at an office, \
with your document, or at {host} with your electronic identity card. The offices are listed at {host}.

Type the address yourself: our messages never contain links.

{organisation}
Help: {phone}
""",
    ),
    "certificate-ends-minor": (
        "{organisation}: your certificate is about to expire",
        """\
Good morning:

Your digital certificate is about to expire:

    Serial number: {serial}
    Expires: {ends}

While you are a minor, the next one is obtained at an office: come with your document and with your father, \
mother or guardian. The offices are listed at {host}.

Type the address yourself: our messages never contain links.

{organisation}
Help: {phone}
""",
    ),
    "emergency-code-replaced": (
        "{organisation}: you have a new emergency code",
        """\
Hello,

Another emergency code was asked for in your personal area for this certificate, and the one before is void:

    Serial number: {serial}

The new code was shown once, and we do not keep it. Keep it somewhere else than the certificate: with it, it \
can be suspended or revoked from anywhere, at any hour.

If it was not you, somebody has entered your personal area: call {phone} right now, or log in at {host}. \
With the code nobody can use your certificate, but they can put it out of use.

{organisation}
Help line: {phone}
""",
    ),
    "certificate-ends-suspended": (
        "{organisation}: your suspended certificate is about to expire",
        """\
Hello,

Your digital certificate is about to expire, and is suspended now:

    Serial number: {serial}
    Expires: {ends}

While it is suspended it cannot be renewed. If you have found it and nobody else had it, first lift the \
suspension: log in at {host} with your e-ID or with another certificate, or go to an office with your \
identity document. Then it can be renewed, until the day on which it expires.

If you do not lift the suspension in its time, the certificate is revoked and you will have to apply for \
another. Type the address yourself: our messages never have links.

{organisation}
Help line: {phone}
""",
    ),
    "certificate-ended": (
        "{organisation}: your certificate has expired",
        """\
Good morning:

Your digital certificate has expired:

    Serial number: {serial}
    Expired: {ends}

It cannot be renewed any more. For another one, come to an office with your document, or log in with your \
electronic identity card.

{organisation}
Help: {phone}
""",
    ),
    "deadline-near": (
        "{organisation}: a deadline is near",
        """\
Good morning:

    {deadline}
    Until: {ends}

When you log in to your account you see what to do, and the quickest way. Our messages never contain links.

{organisation}
Help: {phone}
""",
    ),
    "deadline-passed": (
        "{organisation}: a deadline has passed",
        """\
Good morning:

    {deadline}
    Until: {ends}

That deadline has passed. When you log in to your account you see what to do, and the quickest way.

{organisation}
Help: {phone}
""",
    ),
    "video-received": (
        "{organisation}: we have received your identification by video",
        """\
Hello,

We have received your identification by video. A public employee will review it and we will write to you \
with the result, whatever it is.

You need not do anything meanwhile. Whatever you had before stays as it is.

If this was not you, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "video-accepted": (
        "{organisation}: your identification by video has been accepted",
        """\
Hello,

A public employee has reviewed your identification by video and accepted it. You are now registered at the \
advanced level.

Please collect your proof of registration, which carries your activation code, within 15 days. Go back to \
the page you sent the video from, at {host}. Please type that address yourself: our messages never contain \
links.

If this was not you, call {phone} right now.

{organisation}
Help line: {phone}
""",
    ),
    "video-rejected": (
        "{organisation}: your identification by video was not accepted",
        """\
Hello,

A public employee has reviewed your identification by video and did not accept it.

    Reason: {video_reason}

If you were registered before, your registration stays as it is: you lose nothing. You can try again \
whenever you like, ask for a letter, use an electronic certificate or go to an office.

If an automatic check had given you the basic level with this video already, that level ends now.

If you do not agree, you can ask once, within 30 days, that somebody else look at it. Do so on the page you \
sent the video from.

If it was not you who sent it, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "video-certificate-accepted": (
        "{organisation}: you can download your certificate now",
        """\
Hello,

A public employee has reviewed your identification by video and accepted it.

We are now sending a generation code by text message to the mobile number that you gave, and another code to \
this address. With them you download your certificate at {host}. Please type that address yourself: our \
messages never contain links.

The code works until {expires}. It cannot be reactivated afterwards: you would have to start again, and \
whatever was paid is not given back. If you lose it before, ask for another with your account or at an office.

If this was not you, call {phone} right now.

{organisation}
Help line: {phone}
""",
    ),
    "video-certificate-granted": (
        "{organisation}: a certificate in your name was granted by video",
        """\
Hello,

Public officers have accepted an identification by video and granted a digital certificate in your name. The \
code to download it goes to the mobile number that was given in that identification: {mobile}. This notice \
always goes to the contact data of your registration.

If you asked for it, there is nothing to do.

If it was not you, call {phone} right now: we withdraw the identification, and the code stops working. If \
the certificate has been downloaded already it is among yours: log in at {host} and revoke it, or have it \
revoked at that number or at any office, with your identity document. Type the address yourself: our \
messages never have links.

The code works until {expires}.

{organisation}
Help line: {phone}
""",
    ),
    "video-certificate-rejected": (
        "{organisation}: your identification by video was not accepted",
        """\
Hello,

A public employee has reviewed the video with which you asked for a certificate, and did not accept it.

    Reason: {video_reason}

Certificates that you have stay as they are. You can try again whenever you like, or go to an office.

If you do not agree, you can ask once, within 30 days, that somebody else look at it. Do so on the page you \
sent the video from.

If it was not you who sent it, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "code-replaced": (
        "{organisation}: the code for your certificate was replaced by another",
        """\
Hello,

The generation code that you had for downloading your certificate no longer works: another was issued, on \
the same way as the first. It ends when that one would have ended, on {expires}.

If you did not ask for it, call {phone} right now.

{organisation}
Help line: {phone}
""",
    ),
    "account-changed": (
        "{organisation}: security notice about your account",
        """\
Good morning,

This notice is sent whenever something changes that opens your account:

    {change}
    Date: {changed_at}

If it was you, there is nothing to do.

If it was not you, call {phone} now. You can also log in with a PIN or a certificate and end all sessions.

Our messages never hold links and never ask for passwords.

{organisation}
Help by telephone: {phone}
""",
    ),
    "password-expires": (
        "{organisation}: your password expires soon",
        """\
Hello,

Your password expires on {ends}.

Log in before then and change it: you need only the present one. After that day you will need your \
activation code and your mobile phone to get a new one. The other ways to log in stay as they are.

Our messages never hold links and never ask for passwords. Please type our address yourself.

{organisation}
Help by telephone: {phone}
""",
    ),
    "email-confirmation": (
        "{organisation}: please confirm your e-mail address",
        """\
Hello,

Somebody gave this e-mail address at a registration point of {organisation} when applying for a digital \
certificate.

If it was you, type this code when you download the certificate:

    {code}

It shows us that the address is yours, and the certificate will include it. The code works until {expires} \
and only once. You can also download your certificate without it, but then it will not carry your address.

The download is at {host}. Please type that address into your browser yourself: our messages never \
contain links.

If you have not applied for a certificate, you need not do anything: please delete this message.

Do not share the code with anyone. We never ask for it by telephone or e-mail.

{organisation}
Help line: {phone}
""",
    ),
    "certificate-issued": (
        "{organisation}: your certificate is ready",
        """\
Hello,

We have issued a digital certificate in your name.

    Serial number: {serial}
    Valid from: {not_before}
    Valid until: {not_after}

Please keep a copy protected by a password. We do not have your private key: if you lose it, \
nobody can recover it and you will need another certificate.

You were shown an emergency code with it. Keep it somewhere else: with it the certificate can be suspended \
or revoked from anywhere, at any hour.

If it was not you who downloaded it, call {phone} right now to have it revoked. A revocation cannot be \
undone.

{organisation}
Help line: {phone}
""",
    ),
    "card-loaded": (
        "{organisation}: your card is loaded",
        """\
Hello,

Today, at a registration point, we loaded a digital certificate in your name into your card.

    Card: {card}
    Serial number: {serial}
    Valid from: {not_before}
    Valid until: {not_after}

The private key is in the card and we do not have it, nor your PIN or PUK: we will never ask for them. \
If you lose the card, or block both PIN and PUK, you will need another certificate.

You were given an emergency code at the registration point. Keep it apart from the card: with it the \
certificate can be suspended or revoked from anywhere, at any hour.

If you do not have this card, call {phone} right now to have the certificate revoked. A revocation cannot be \
undone.

{organisation}
Help line: {phone}
""",
    ),
    "certificate-revoked": (
        "{organisation}: your certificate has been revoked",
        """\
Hello,

Your digital certificate has been revoked. It can no longer be used to identify yourself or to sign.

    Serial number: {serial}
    Revoked on: {revoked_at}
    Reason: {reason}

What you signed before that date is not affected. A revocation cannot be undone.

If you need another certificate, go to a registration point with your identity document. \
You can look for the nearest one at {host}.

If you did not ask for this or think it is a mistake, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "proof-withdrawn": (
        "{organisation}: one of your identifications no longer counts",
        """\
Hello,

An identification of yours at an office no longer counts. Your sessions have ended, and your registration is \
from now on worth what your other identifications prove.

To come back to the level that you had, identify yourself again. If you do not know why this is, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "code-void": (
        "{organisation}: your earlier code is no longer valid",
        """\
Hello,

The code you had for downloading your certificate is no longer valid, because another was issued or it \
was cancelled. \
If we have given you a new one, please use only that.

A cancelled or expired code cannot be recovered. If you have no other, you need to identify yourself \
again at a \
registration point.

If you did not ask for this, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "officer-appointed": (
        "{organisation}: your appointment to a registration point",
        """\
Hello,

You have been appointed to work for the registry of {organisation}.

    Registration point: {point}
    Task: {role}
    From: {appointed_at}

You need your own certificate to enter the application. You will receive a code to download it separately. \
Share neither the code nor the certificate with anyone: whatever is done with it is recorded in your name.

If you did not expect this appointment, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "email-change": (
        "{organisation}: confirm your new e-mail address",
        """\
Hello,

Somebody asked to use this e-mail address for a registration with {organisation}. If it was you, type this \
code where you asked for the change:

    {code}

It works until {expires}, and only once. Until then, the address that we had remains in use.

If you did not ask for this, you need not do anything: please delete this message. Do not share the code \
with anyone. We never ask for it by telephone or e-mail.

{organisation}
Help line: {phone}
""",
    ),
    "contact-changed": (
        "{organisation}: your contact data have changed",
        """\
Hello,

The mobile number or the e-mail address of your registration has changed. We write to you at the data that \
we had before, so that you learn of it in any case.

If you made the change, you need not do anything. If it was not you, call {phone} right now: whoever \
receives your codes can act in your name.

{organisation}
Help line: {phone}
""",
    ),
    "mobile-changed": (
        "{organisation}: your mobile number has changed",
        """\
Hello,

The mobile number of your registration has changed. We write to you at the data that we had before, so that \
you learn of it in any case.

If you made the change, you need not do anything. For the first 24 hours the new number serves to log in \
with a PIN, and not to recover a password.

If it was not you, stop the change on our website with this code:

    {code}

It works until {expires}. No more codes will go to the new number, and all sessions end, until you come to \
an office with your identity document. Or call {phone} right now.

Our messages never contain links. Please type our address yourself.

{organisation}
Help line: {phone}
""",
    ),
    "change-stopped": (
        "{organisation}: the change of your mobile number has been stopped",
        """\
Hello,

Somebody stopped the change of your mobile number, with the code that we had sent to the old addresses. No \
codes go to the new number, and all sessions were ended.

You can still log in with a password, a certificate or an electronic identity card. To use the number, come \
to an office with your identity document; there it takes a few minutes.

If you have any doubt, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "app-added": (
        "{organisation}: an app was added to your registration",
        """\
Hello,

An app on a mobile phone was added to your registration. From now on PINs to log in can go to it.

If you did this, you need not do anything.

If it was not you, remove it on our website with this code, which also ends all sessions:

    {code}

It works until {expires}. Or call {phone} right now.

Our messages never contain links. Please type our address yourself.

{organisation}
Help line: {phone}
""",
    ),
    "app-stopped": (
        "{organisation}: an app was removed from your registration",
        """\
Hello,

The app that was added to your registration has been removed, with the code that we had sent about it, and \
all sessions were ended.

If you have any doubt, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "renounced": (
        "{organisation}: your registration has ended",
        """\
Hello,

Your registration has ended, as you asked. Your password and your activation code no longer work, your \
sessions are closed, and your mobile number is free.

Digital certificates that you hold are not affected. To register again you will have to identify yourself \
in person or with an electronic certificate.

If you did not ask for this, call {phone} right now.

{organisation}
Help line: {phone}
""",
    ),
    "payment-received": (
        "{organisation}: we have received your payment",
        """\
Hello,

We have received your payment of {amount} for: {product}.
Order number: {order}

You can ask for the receipt in your personal area or on the page from which you paid. If you paid in order \
to get a certificate, go on with the application now: the payment counts once. If you bought something that \
is sent, we will write when it leaves.

If you did not make this payment, call {phone}.

{organisation}
Help by telephone: {phone}
""",
    ),
    "order-shipped": (
        "{organisation}: your order is on its way",
        """\
Hello,

We have sent your order: {product}.
Order number: {order}
Carrier: {carrier}
Tracking: {tracking}

If it is a card, it comes blank: take it to a registration point, with a valid identity document, \
to have the certificate loaded.

If you did not make this order, call {phone}.

{organisation}
Help by telephone: {phone}
""",
    ),
    "order-returned": (
        "{organisation}: your order has come back",
        """\
Hello,

Your order has come back to us: {product}.
Order number: {order}
Reason: {return_reason}

You can give another address in your personal area, and we will send it again free of charge.

If you have any questions, call {phone}.

{organisation}
Help by telephone: {phone}
""",
    ),
    "of-age-soon": (
        "{organisation}: you will soon be of age, and your certificate is yours alone",
        """\
Hello,

On your eighteenth birthday, {birthday}, you come of age. You need not do anything for your digital \
certificate: it stays valid until the day it says.

What changes on that day: your father, mother or guardian can no longer ask for its revocation or for new \
codes, neither at an office nor by phone. From then on you act alone, and only you decide about it.

If you have any questions, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "of-age": (
        "{organisation}: from today your certificate is yours alone",
        """\
Hello,

Since {birthday} you are of age. Your digital certificate stays valid until the day it says, and you need \
not do anything.

From today your father, mother or guardian can no longer ask for its revocation or for new codes. You act \
alone: if you lose it, or think that somebody else uses it, call {phone} or go to a registration point \
yourself.

{organisation}
Help line: {phone}
""",
    ),
    "proxy-acted": (
        "{organisation}: a power of attorney was used in your name",
        """\
Hello,

On {changed_at}, at one of our offices: {proxy_act}

The certificate is always yours, whoever comes for you. If you did not give this power, or do not want it \
used, call {phone} now: from that moment it allows nothing more, until you come to an office. There you can \
confirm it or end it.

{organisation}
Help line: {phone}
""",
    ),
    "address-in-certificates": (
        "{organisation}: your certificates bear your former e-mail address",
        """\
Hello,

You have changed your e-mail address, and you have certificates in force that bear the former one. They stay \
valid: whoever receives what you sign with them sees the former address.

If you want your certificates to bear the new address, or if the former one is yours no longer, log in at \
{host} and ask for a new certificate in your personal area. With it, those in a computer or telephone that \
bear the former address are revoked; the one in a card is changed at an office. A revocation cannot be \
undone; what you have signed stays valid.

If this was not you, call {phone} right now.

{organisation}
Help line: {phone}
""",
    ),
    "data-changed": (
        "{organisation}: your certificates with the data of before will end",
        """\
Hello,

As you were identified, at an office or by video, your name or your e-mail address has changed. Certificates \
that say what was true before must not stay in use.

They are revoked when you download your new certificate at {host} or, if you do not, from {expires} on. A \
revocation cannot be undone; what you have signed stays valid. Certificates in which nothing has changed \
are not touched.

If this was not you, call {phone} right now.

{organisation}
Help line: {phone}
""",
    ),
    "represented": (
        "{organisation}: the digital certificates of the person you represent",
        """\
Hello,

We write to you as the legal representative that a court resolution names. On {changed_at} it was reported \
to us, and the digital certificates of the person you represent were revoked, the codes that were pending \
made void, and the registration blocked. What was signed before stays as it is. A revocation cannot be \
undone.

If this is a mistake, or the measures end, go to a registration point with the resolution that says so.

{organisation}
Help line: {phone}
""",
    ),
    "bar-lifted": (
        "{organisation}: your registration is open again",
        """\
Hello,

Your registration was blocked because of a report that turned out to be a mistake. Two officers have lifted \
the block, and you can log in again as before.

Certificates that were revoked cannot be brought back: for a new one go to a registration point with your \
identity document. We are sorry for the trouble.

If you have any questions, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "certificate-will-be-revoked": (
        "{organisation}: your certificate will be revoked",
        """\
Hello,

Your digital certificate will be revoked, together with others, for a reason that is ours to mend.

    Serial number: {serial}
    Will be revoked from: {revoked_at}
    Reason: {reason}

Until then it works as before. From then on it can no longer be used to identify yourself or to sign. What \
you sign before that is not affected.

To have another certificate in time, go to a registration point with your identity document. You can look \
for the nearest one at {host}. Please type that address yourself: our messages never contain links.

If you have any doubt, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "revocation-called-off": (
        "{organisation}: your certificate will not be revoked",
        """\
Hello,

We wrote to you that this digital certificate would be revoked, together with others:

    Serial number: {serial}

That revocation has been called off. Your certificate is not revoked for that cause, and you can go on using \
it until it expires. There is nothing to do.

If you have obtained another one meanwhile, both work. The state of yours is shown at {host}. Type that \
address yourself: our messages never have links.

{organisation}
Help line: {phone}
""",
    ),
    "certificate-suspended": (
        "{organisation}: your certificate is suspended",
        """\
Hello,

Your digital certificate is suspended. As long as it is, nobody can use it to identify or to sign.

    Serial number: {serial}
    Suspended until: {ends}

If you find it and nobody else has had it, lift the suspension before then: log in at {host} with your \
electronic identity card or with another certificate, or go to an office with your identity document. If \
nobody does, the certificate is revoked by itself on that day, and a revocation cannot be undone.

If you know that it is lost, or that somebody else has it, have it revoked at once.

If you did not ask for this, call {phone}.

{organisation}
Help line: {phone}
""",
    ),
    "suspension-ends": (
        "{organisation}: your suspended certificate is about to be revoked",
        """\
Hello,

Your digital certificate is still suspended:

    Serial number: {serial}
    Suspended until: {ends}

If you have found it and nobody else has had it, lift the suspension before then: log in at {host} with your \
electronic identity card or with another certificate, or go to an office with your identity document. If \
nobody does, the certificate is revoked by itself, and a revocation cannot be undone.

{organisation}
Help line: {phone}
""",
    ),
    "certificate-reinstated": (
        "{organisation}: your certificate is no longer suspended",
        """\
Hello,

The suspension of your digital certificate was lifted. It is as good as before.

    Serial number: {serial}
    Lifted on: {changed_at}

If it was not you, call {phone} right now to have it revoked.

{organisation}
Help line: {phone}
""",
    ),
    "suspension-final": (
        "{organisation}: your suspended certificate has been revoked",
        """\
Hello,

Nobody lifted the suspension of your digital certificate in the seven days that there were for it, and so it \
has been revoked. It counts as revoked since it was suspended.

    Serial number: {serial}
    Revoked since: {revoked_at}

What you signed before that date is not affected. A revocation cannot be undone.

If you need another certificate, go to a registration point with your identity document. \
You can look for the nearest one at {host}.

{organisation}
Help line: {phone}
""",
    ),
    "certificate-ends-after-registering": (
        "{organisation}: renew your certificate; first, register with it",
        """\
Good morning:

Your digital certificate is about to expire:

    Serial number: {serial}
    Expires: {ends}

You can renew it without coming to an office, in two steps. First log in at {host} with this same \
certificate and register: it is done once, and we will ask for a mobile number and an e-mail address. Then \
accept the renewal there: the new key is made on your own device, and the data are the same. The present \
certificate works until it expires.

Type the address yourself: our messages never contain links. Once it has expired you will have to come to an \
office, or apply for another one with your electronic identity card.

{organisation}
Help: {phone}
""",
    ),
    "identified-with-another-contact": (
        "{organisation}: a certificate in your name, with other contact data",
        """\
Hello,

At an office, with an identity document of yours, somebody asked for a digital certificate in your name and \
gave another e-mail address or another mobile number. The code to download it goes there. This notice always \
goes to the address that we had before.

If it was you, there is nothing to do.

If it was not you, call {phone} right now: we withdraw the identification, and the code stops working. If \
the certificate has been downloaded already, have it revoked at that number or at any office, with your \
identity document.

The code works until {expires}.

{organisation}
Help line: {phone}
""",
    ),
}

REASONS = {
    "unspecified": "none was given",
    "keyCompromise": "the private key was lost or somebody else may know it",
    "affiliationChanged": "the details in the certificate have changed",
    "superseded": "it was replaced by another certificate",
    "cessationOfOperation": "it is no longer needed",
    "privilegeWithdrawn": "it should not have been issued, or it was misused",
    "cACompromise": "somebody else may know the key of the certificate authority",
}

CHANGES = {
    "password-activated": "Your password was activated.",
    "password-changed": "Your password was changed.",
    "password-recovered": "Your password was recovered: it is another one now.",
    "password-blocked": "Your password is blocked for a time: there were five wrong tries or more.",
    "password-removed": "Your password was removed.",
    "activation-code-issued": "A new activation code was made; the one before is worthless.",
    "activation-code-blocked": "Your activation code is blocked: there were five wrong tries. "
    "You can make another after logging in with a PIN or a certificate.",
    "authenticator-added": "An authenticator app was added to your log-in.",
    "authenticator-removed": "The authenticator app was removed from your log-in.",
    "authenticator-blocked": "Your authenticator app is blocked for a time: there were five wrong codes or "
    "more, from somebody who knows your password. Change it.",
}

ROLES = {
    "registration-officer": "identifying applicants",
    "revocation-officer": "handling revocations",
    "supervisor": "supervising the registry",
}

DEADLINES = {
    "strong-proof": "Your identification in person, with an electronic identity card or by reviewed video.",
    "activation-code": "Your activation code.",
    "password": "Your password.",
}
PROXY_ACTS = {
    "obtain": "somebody applied for a certificate in your name, with a power of attorney.",
    "collect-code": "somebody asked for a new generation code of yours with a power of attorney.",
    "revoke": "somebody had a certificate of yours revoked with a power of attorney.",
    "power-entered": "a power of attorney that you gave was entered. It can be used from now on.",
    "power-revoked": "a power of attorney that you gave was ended. It allows nothing more.",
    "power-suspended": "as you asked, your powers of attorney allow nothing until you come to an office.",
    "power-confirmed": "you confirmed a power of attorney that was suspended. It can be used again.",
}

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DATE = "{day} {month} {year}"
MOMENT = "{date}, {time} (Madrid time)"
SHORT_DATE = "{day} {month:.3} {year}"

SLIP = {
    "title": "Code for downloading your digital certificate",
    "for": "For the person with NIF",
    "code": "Your generation code",
    "case": "Capital and small letters differ. The spaces are not part of it. "
    "It never contains zero or the letter o, nor one, capital i or small l.",
    "upper": "capital {sign}",
    "lower": "small {sign}",
    "expires": "You can use it until",
    "how": "How to download the certificate",
    "steps": (
        "Open your browser and type this address yourself: {url}",
        "Type the code. The private key is made on your own device and nobody else knows it.",
        "If you received a confirmation code by e-mail, have it at hand.",
        "Keep the certificate and a backup copy, protected by a password.",
    ),
    "warnings_title": "Important",
    "warnings": (
        "Do not show or give this code to anyone. We never ask for it by telephone, message or e-mail.",
        "It works only once. Destroy this sheet after the download.",
        "If it expires or you lose it, it cannot be recovered: you must identify yourself again at a "
        "registration point.",
        "If you think that somebody else has seen it, call {phone}.",
    ),
    "printed": "Printed on {moment}",
}

RECEIPT = {
    "titles": {
        "registration": "Proof of registration",
        "renewal": "Proof of renewed registration",
        "activation-code": "New activation code",
        "change": "Proof of changed contact data",
        "renunciation": "Proof of renunciation",
        "deregistration": "Proof that the password was given up",
        "payment": "Proof of payment",
    },
    "for": "Person with NIF",
    "date": "Date",
    "method": "Identified by",
    "methods": {
        "letter": "invitation letter (basic level)",
        "video-automatic": "video, automatically (basic level)",
        "video-reviewed": "video, reviewed by a public employee (advanced level)",
        "certificate": "electronic certificate (advanced level)",
        "e-id": "electronic identity card (advanced level)",
        "in-person": "in person, at an office (advanced level)",
    },
    "activation": "Your activation code",
    "keep": "Keep it in a safe place and share it with nobody. You need it to activate your password, "
    "and again if you ever forget it. Earlier ones no longer work.",
    "meaning": {
        "registration": "You are registered with the data that you gave.",
        "renewal": "Your registration is renewed for five years.",
        "activation-code": "The code before no longer works.",
        "change": "Your contact data have changed. We have also told you at the old ones.",
        "renunciation": "Your registration has ended. To register again you will have to identify yourself "
        "in person or with an electronic certificate.",
        "deregistration": "You can no longer log in with a password. Your registration is still in force.",
        "payment": "This payment is for one purchase only and was made by card. It is not an invoice.",
    },
    "details": {
        "product": "Product",
        "amount": "Amount paid",
        "order": "Order number",
        "paid_at": "Date of payment",
    },
    "verify": "Anybody can check this document at {url} with the secure verification code:",
    "help": "If this was not you, or if you need help, call {phone}.",
}

RECEIPT_PAGE = {
    "heading": "Check a receipt",
    "languages": "Language",
    "code": "Secure verification code",
    "hint": "It is at the foot of the receipt: 16 letters and digits. Hyphens and capitals do not matter.",
    "check": "Check",
    "found": "This code is of a receipt of ours",
    "hash": "SHA-256 of the PDF",
    "compare": "Make sure that these are the data of the document that you have. If you were given "
    "the PDF, its SHA-256 must be this one.",
    "none": "No receipt has this code",
    "again": "Look at the code and type it again. If it is the document's, the document is not ours.",
}

LETTER = {
    "title": "Invitation to register",
    "for": "For the person with NIF",
    "why": "Somebody asked for this letter in order to register with {organisation} and use services "
    "online. We only send it to the fiscal address, so that nobody can register in your name.",
    "code": "Your secure verification code (CSV)",
    "expires": "You can use it, once, until",
    "how": "How to register",
    "steps": (
        "Open your browser and type this address yourself: {url}",
        "Choose “I already have a letter”. Type your DNI or NIE, the contrast datum of your document, "
        "and the code.",
        "Give your mobile number and e-mail address, read the conditions and accept them.",
        "Keep the proof of registration: it carries your activation code.",
    ),
    "warnings": (
        "Do not show or give this code to anyone. We never ask for it by telephone, message or e-mail.",
        "If you ask for another letter, this one stops working. So it does after five wrong tries.",
        "If you did not ask for this letter, destroy it: nobody can use it without your identity document. "
        "Questions: {phone}.",
    ),
}

VIDEO_REASONS = {
    "document-unreadable": "the document cannot be read well",
    "document-not-valid": "the document is not valid, or its security features cannot be seen",
    "face-not-matching": "the face in the video is not enough like that on the document",
    "liveness-doubtful": "it is not certain that the video shows a person who is present",
    "data-not-matching": "the data do not match those on the document",
    "number-taken": "the mobile number that you gave is registered for somebody else; use another one",
}

PRODUCTS = {
    "certificate-in-person": "certificate, identified at an office",
    "certificate-online": "certificate, applied for in the personal area",
    "certificate-video": "certificate, identified by video",
    "card": "cryptographic card",
    "card-reader": "card reader",
}

PAYMENT_RETURNS = {
    "done": (
        "Payment sent",
        "Go back to the page from which you paid. If the bank has authorised it, you will see it there in a "
        "moment, and we will write to you.",
    ),
    "not-done": (
        "Nothing was paid",
        "Go back to the page from which you wanted to pay: you can try again there. If the bank has not "
        "authorised it, nothing is charged.",
    ),
}

RETURN_REASONS = {
    "address-unknown": "the address is unknown or incomplete",
    "not-collected": "nobody collected it in time",
    "sent-back": "you sent it back",
}
