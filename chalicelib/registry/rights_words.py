"""Rights in plain words, in Spanish, Valencian and English: what it is, what is missing, what to do (F02)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LANGUAGES: Final = ("es", "ca", "en")

SERVICES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "es": {
            "pin": "Entrar con un PIN de un solo uso",
            "password-activation": "Activar una contraseña",
            "password": "Entrar con contraseña",
            "password-step-up": "Entrar con contraseña y código por SMS",
            "new-activation-code": "Obtener otro código de activación",
            "authenticator": "Usar una aplicación de códigos en vez de SMS",
            "app": "Recibir el PIN en una aplicación",
            "change-email": "Cambiar el correo electrónico",
            "change-mobile": "Cambiar el teléfono móvil",
            "cloud-signature": "Firmar en la nube",
            "certificate-online": "Pedir un certificado sin ir a una oficina",
            "revocation": "Revocar un certificado",
            "suspension": "Suspender un certificado",
            "suspension-lift": "Levantar la suspensión de un certificado",
            "renunciation": "Darse de baja",
        },
        "ca": {
            "pin": "Entrar amb un PIN d'un sol ús",
            "password-activation": "Activar una contrasenya",
            "password": "Entrar amb contrasenya",
            "password-step-up": "Entrar amb contrasenya i codi per SMS",
            "new-activation-code": "Obtindre un altre codi d'activació",
            "authenticator": "Usar una aplicació de codis en lloc de SMS",
            "app": "Rebre el PIN en una aplicació",
            "change-email": "Canviar el correu electrònic",
            "change-mobile": "Canviar el telèfon mòbil",
            "cloud-signature": "Firmar en el núvol",
            "certificate-online": "Demanar un certificat sense anar a una oficina",
            "revocation": "Revocar un certificat",
            "suspension": "Suspendre un certificat",
            "suspension-lift": "Alçar la suspensió d'un certificat",
            "renunciation": "Donar-se de baixa",
        },
        "en": {
            "pin": "Log in with a one-time PIN",
            "password-activation": "Activate a password",
            "password": "Log in with a password",
            "password-step-up": "Log in with a password and a code by text message",
            "new-activation-code": "Get another activation code",
            "authenticator": "Use an authenticator app instead of text messages",
            "app": "Get PINs in an app",
            "change-email": "Change your e-mail address",
            "change-mobile": "Change your mobile number",
            "cloud-signature": "Sign in the cloud",
            "certificate-online": "Apply for a certificate without going to an office",
            "revocation": "Revoke a certificate",
            "suspension": "Suspend a certificate",
            "suspension-lift": "Lift the suspension of a certificate",
            "renunciation": "End your registration",
        },
    }
)

LACKS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "es": {
            "level": "Su registro es de nivel básico y esto necesita el avanzado.",
            "strong-proof": "Nunca se ha identificado en persona, con DNI electrónico o por vídeo revisado.",
            "strong-proof-expired": "Hace más de cinco años que se identificó en persona, con DNI "
            "electrónico o por vídeo revisado.",
            "activation-code": "No tiene un código de activación que sirva.",
            "password": "No tiene una contraseña activa.",
            "log-in": "Ha entrado de una forma que no basta para esto.",
            "new-number": "Su número de móvil o su aplicación tienen menos de 24 horas, o se ha detenido "
            "el cambio.",
            "proof-chain": "El certificado con el que ha entrado se obtuvo con otro certificado o por "
            "apoderado: no basta para identificarse de nuevo.",
            "of-age": "Es menor de edad: para esto ha de acompañarle su padre, su madre o quien le tutele.",
            "one-name": "Su registro y su certificado llevan nombres distintos, y uno de los dos ya no es el "
            "suyo.",
        },
        "ca": {
            "level": "El seu registre és de nivell bàsic i açò necessita l'avançat.",
            "strong-proof": "No s'ha identificat mai en persona, amb DNI electrònic o per vídeo revisat.",
            "strong-proof-expired": "Fa més de cinc anys que es va identificar en persona, amb DNI "
            "electrònic o per vídeo revisat.",
            "activation-code": "No té cap codi d'activació que servisca.",
            "password": "No té cap contrasenya activa.",
            "log-in": "Ha entrat d'una manera que no és suficient per a açò.",
            "new-number": "El seu número de mòbil o la seua aplicació tenen menys de 24 hores, o s'ha parat "
            "el canvi.",
            "proof-chain": "El certificat amb què ha entrat es va obtindre amb un altre certificat o per "
            "apoderat: no és suficient per a identificar-se de nou.",
            "of-age": "És menor d'edat: per a açò l'ha d'acompanyar son pare, sa mare o qui n'exercisca la "
            "tutela.",
            "one-name": "El seu registre i el seu certificat porten noms diferents, i un dels dos ja no és "
            "el seu.",
        },
        "en": {
            "level": "Your registration is at the basic level, and this needs the advanced one.",
            "strong-proof": "You have never identified yourself in person, with an electronic identity card "
            "or by reviewed video.",
            "strong-proof-expired": "You identified yourself in person, with an electronic identity card or "
            "by reviewed video more than five years ago.",
            "activation-code": "You have no activation code that works.",
            "password": "You have no active password.",
            "log-in": "The way you logged in is not enough for this.",
            "new-number": "Your mobile number or app is less than 24 hours old, or the change was stopped.",
            "proof-chain": "The certificate you logged in with was obtained with another one or by a "
            "proxy: it cannot prove your identity anew.",
            "of-age": "You are a minor: for this your father, mother or guardian has to come with you.",
            "one-name": "Your registration and your certificate bear different names, and one of the two is "
            "no longer yours.",
        },
    }
)

WAYS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "es": {
            "e-id": "Lo más rápido: su DNI electrónico, en línea, en unos minutos. Si no lo tiene a mano, "
            "en una oficina con cita.",
            "certificate": "Lo más rápido: un certificado electrónico o su DNI electrónico, en línea, en "
            "unos minutos. Si no tiene, en una oficina con cita.",
            "activation-code": "Obtenga otro código aquí mismo: sirve al instante.",
            "password": "Actívela con el código de activación de su justificante de registro.",
            "log-in": "Salga y entre con certificado electrónico o con DNI electrónico.",
            "in-person": "En una oficina, con cita y con su documento.",
            "wait": "Espere a que pasen 24 horas desde el cambio. Si se detuvo, acuda a una oficina con su "
            "documento.",
        },
        "ca": {
            "e-id": "El més ràpid: el seu DNI electrònic, en línia, en uns minuts. Si no el té a mà, en una "
            "oficina amb cita.",
            "certificate": "El més ràpid: un certificat electrònic o el seu DNI electrònic, en línia, en uns "
            "minuts. Si no en té, en una oficina amb cita.",
            "activation-code": "Obtinga un altre codi ací mateix: servix a l'instant.",
            "password": "Active-la amb el codi d'activació del seu justificant de registre.",
            "log-in": "Isca i entre amb certificat electrònic o amb DNI electrònic.",
            "in-person": "En una oficina, amb cita i amb el seu document.",
            "wait": "Espere que passen 24 hores des del canvi. Si es va parar, vaja a una oficina amb el seu "
            "document.",
        },
        "en": {
            "e-id": "Quickest: your electronic identity card, on line, in a few minutes. If you do not have "
            "it at hand, an office with an appointment.",
            "certificate": "Quickest: an electronic certificate or identity card, on line, in a few minutes. "
            "If you have none, an office with an appointment.",
            "activation-code": "Get another code here: it works at once.",
            "password": "Activate it with the activation code on your proof of registration.",
            "log-in": "Log out, and log in with an electronic certificate or identity card.",
            "in-person": "At an office, with an appointment and with your document.",
            "wait": "Wait until 24 hours have passed since the change. If it was stopped, go to an office "
            "with your document.",
        },
    }
)
