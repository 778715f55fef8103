"""The messages in Spanish. Text messages are written without accents: GSM 03.38 lacks most of them."""

from __future__ import annotations

SMS = {
    "certificate-ends": (
        "{organisation}: su certificado caduca el {ends}. Renuevelo antes. Le explicamos c"
        "omo por correo. Ayuda: {phone}."
    ),
    "emergency-code-replaced": (
        "{organisation}: nuevo codigo de emergencia para su certificado; el anterior no sirve. Si no ha sido "
        "usted, llame ya al {phone}."
    ),
    "certificate-ends-suspended": (
        "{organisation}: su certificado esta suspendido y caduca el {ends}. Levante la suspension para "
        "renovarlo. Ayuda: {phone}."
    ),
    "certificate-ended": (
        "{organisation}: su certificado caduco el {ends}. Para tener otro, vaya a una oficina o ent"
        "re con DNIe. Ayuda: {phone}."
    ),
    "video-certificate-granted": (
        "{organisation}: se ha concedido por video un certificado a su nombre. Si no ha sido usted,"
        " llame ya al {phone}."
    ),
    "welcome": (
        "{organisation}: ya esta registrado. Guarde el codigo de activacion de su justificante. "
        "Si no ha sido usted, llame al {phone}."
    ),
    "generation-code": (
        "{organisation}: codigo {code} para su certificado. Caduca {expires}. No lo comparta.\n"
        "@{host} #{code}"
    ),
    "mobile-code": (
        "{organisation}: clave {code} para confirmar este aparato. 5 minutos. No la comparta.\n"
        "@{host} #{code}"
    ),
    "contact-changed": (
        "{organisation}: sus datos de contacto han cambiado. Si no ha sido usted, llame ya al {phone}."
    ),
    "mobile-changed": (
        "{organisation}: ha cambiado su movil. Si no ha sido usted, use {code} en nuestra web "
        "o llame al {phone}."
    ),
    "change-stopped": (
        "{organisation}: se ha parado el cambio de su movil. No enviamos claves hasta que "
        "acuda a una oficina. {phone}"
    ),
    "app-added": (
        "{organisation}: nueva app para sus PIN. Si no ha sido usted, use {code} en nuestra "
        "web o llame al {phone}."
    ),
    "app-stopped": "{organisation}: se ha quitado una app de su registro, con el codigo enviado. {phone}",
    "renounced": (
        "{organisation}: su registro ha terminado, como quiso. Si no ha sido usted, llame ya al {phone}."
    ),
    "pin": (
        "{organisation}: PIN para entrar: {code}. Vale 10 minutos, una vez. No lo comparta.\n@{host} #{code}"
    ),
    "otp-activation": (
        "{organisation}: codigo {code} para activar su clave. Vale 5 minutos. No lo comparta.\n"
        "@{host} #{code}"
    ),
    "otp-recovery": (
        "{organisation}: codigo {code} para recuperar su clave. Vale 5 minutos. No lo comparta.\n"
        "@{host} #{code}"
    ),
    "otp-step-up": (
        "{organisation}: codigo {code} para confirmar que entra. Vale 5 min. No lo comparta.\n@{host} #{code}"
    ),
}

EMAILS = {
    "certificate-ends-online": (
        "{organisation}: renueve su certificado en un paso",
        """\
Buenos días:

Su certificado digital está a punto de caducar:

    Número de serie: {serial}
    Caduca: {ends}

Tenemos preparada su renovación. Entre en {host} con este mismo certificado o con su DNI electrónico y \
acéptela: la clave nueva se crea en su dispositivo y los datos son los mismos. El certificado de ahora sirve \
hasta que caduque.

Escriba usted la dirección: en nuestros mensajes nunca hay enlaces. Cuando haya caducado tendrá que ir a una \
oficina o pedir otro con su DNI electrónico.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-ends-in-person": (
        "{organisation}: su certificado va a caducar",
        """\
Buenos días:

Su certificado digital está a punto de caducar:

    Número de serie: {serial}
    Caduca: {ends}

Este certificado no basta para obtener el siguiente, así que ahora hay que identificarse de nuevo: en una \
oficina, con su documento, o en {host} con su DNI electrónico. La lista de oficinas está en {host}.

Escriba usted la dirección: en nuestros mensajes nunca hay enlaces.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-ends-minor": (
        "{organisation}: su certificado va a caducar",
        """\
Buenos días:

Su certificado digital está a punto de caducar:

    Número de serie: {serial}
    Caduca: {ends}

Mientras sea menor de edad, el siguiente se obtiene en una oficina: vaya con su documento y con su padre, su \
madre o quien le tutele. La lista de oficinas está en {host}.

Escriba usted la dirección: en nuestros mensajes nunca hay enlaces.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "emergency-code-replaced": (
        "{organisation}: tiene un código de emergencia nuevo",
        """\
Buenos días:

Se ha pedido en su área personal otro código de emergencia para este certificado, y el anterior ha dejado de \
servir:

    Número de serie: {serial}

El código nuevo se ha mostrado una vez y nosotros no lo guardamos. Téngalo en otro sitio que el certificado: \
con él se puede suspender o revocar desde cualquier lugar y a cualquier hora.

Si no ha sido usted, alguien ha entrado en su área personal: llame ahora mismo al {phone} o entre en {host}. \
Con el código nadie puede usar su certificado, pero sí dejarlo sin efecto.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-ends-suspended": (
        "{organisation}: su certificado suspendido va a caducar",
        """\
Buenos días:

Su certificado digital está a punto de caducar, y ahora está suspendido:

    Número de serie: {serial}
    Caduca: {ends}

Mientras esté suspendido no se puede renovar. Si lo ha encontrado y nadie más lo ha tenido, primero levante \
la suspensión: entre en {host} con su DNI electrónico o con otro certificado, o vaya a una oficina con su \
documento de identidad. Después se puede renovar, hasta el día en que caduca.

Si no levanta la suspensión en su plazo, el certificado se revoca y habrá que pedir otro. Escriba usted la \
dirección: en nuestros mensajes nunca hay enlaces.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-ended": (
        "{organisation}: su certificado ha caducado",
        """\
Buenos días:

Su certificado digital ha caducado:

    Número de serie: {serial}
    Caducó: {ends}

Ya no se puede renovar. Para tener otro, vaya a una oficina con su documento o entre con su DNI electrónico.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "deadline-near": (
        "{organisation}: se acerca un plazo",
        """\
Buenos días:

    {deadline}
    Hasta: {ends}

Al entrar en su cuenta puede ver qué hacer y cuál es la forma más rápida. En nuestros mensajes nunca hay \
enlaces.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "deadline-passed": (
        "{organisation}: ha pasado un plazo",
        """\
Buenos días:

    {deadline}
    Hasta: {ends}

Ese plazo ha pasado. Al entrar en su cuenta puede ver qué hacer y cuál es la forma más rápida.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "video-received": (
        "{organisation}: hemos recibido su identificación por vídeo",
        """\
Buenos días:

Hemos recibido su identificación por vídeo. La revisará personal público y le escribiremos con el resultado, \
sea cual sea.

Mientras tanto no tiene que hacer nada. Lo que ya tuviera antes sigue igual.

Si no ha sido usted, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "video-accepted": (
        "{organisation}: su identificación por vídeo ha sido aceptada",
        """\
Buenos días:

Personal público ha revisado su identificación por vídeo y la ha aceptado. Ya está registrado en el nivel \
avanzado.

Recoja su justificante de registro, que contiene su código de activación, en los próximos 15 días. Vuelva a \
la página desde la que envió el vídeo, en {host}. Escriba usted la dirección: en nuestros mensajes nunca hay \
enlaces.

Si no ha sido usted, llame ahora mismo al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "video-rejected": (
        "{organisation}: su identificación por vídeo no ha sido aceptada",
        """\
Buenos días:

Personal público ha revisado su identificación por vídeo y no la ha aceptado.

    Motivo: {video_reason}

Si ya estaba registrado, su registro sigue igual: no pierde nada. Puede intentarlo otra vez cuando quiera, \
pedir una carta, usar un certificado electrónico o ir a una oficina.

Si una comprobación automática le había dado ya el nivel básico con este vídeo, ese nivel termina ahora.

Si no está de acuerdo, puede pedir una vez, en 30 días, que lo revise otra persona. Hágalo en la página \
desde la que envió el vídeo.

Si no ha sido usted quien lo envió, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "video-certificate-accepted": (
        "{organisation}: ya puede descargar su certificado",
        """\
Buenos días:

Personal público ha revisado su identificación por vídeo y la ha aceptado.

Le enviamos ahora un código de generación por mensaje de texto al móvil que indicó, y otro código a esta \
dirección. Con ellos descarga su certificado en {host}. Escriba usted la dirección: en nuestros mensajes \
nunca hay enlaces.

El código sirve hasta el {expires}. Después no se puede reactivar: habría que empezar de nuevo, y lo que se \
hubiera pagado no se devuelve. Si lo pierde antes, puede pedir otro con su cuenta o en una oficina.

Si no ha sido usted, llame ahora mismo al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "video-certificate-granted": (
        "{organisation}: se ha concedido por vídeo un certificado a su nombre",
        """\
Buenos días:

Personal público ha aceptado una identificación por vídeo y ha concedido un certificado digital a su nombre. \
El código para descargarlo se envía al móvil que se indicó en esa identificación: {mobile}. Este aviso se \
envía siempre a los datos de contacto de su registro.

Si lo ha pedido usted, no tiene que hacer nada.

Si no ha sido usted, llame ahora mismo al {phone}: retiraremos la identificación y el código dejará de \
servir. Si el certificado ya se ha descargado, aparece entre los suyos: entre en {host} y revóquelo, o pida \
que se revoque en ese teléfono o en cualquier oficina, con su documento de identidad. Escriba usted la \
dirección: en nuestros mensajes nunca hay enlaces.

El código sirve hasta el {expires}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "video-certificate-rejected": (
        "{organisation}: su identificación por vídeo no ha sido aceptada",
        """\
Buenos días:

Personal público ha revisado el vídeo con el que pidió un certificado y no lo ha aceptado.

    Motivo: {video_reason}

Los certificados que ya tuviera siguen igual. Puede intentarlo otra vez cuando quiera, o ir a una oficina.

Si no está de acuerdo, puede pedir una vez, en 30 días, que lo revise otra persona. Hágalo en la página \
desde la que envió el vídeo.

Si no ha sido usted quien lo envió, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "code-replaced": (
        "{organisation}: su código para el certificado se ha cambiado por otro",
        """\
Buenos días:

El código de generación que tenía para descargar su certificado ya no sirve: se ha emitido otro, por el \
mismo medio que el primero. Caduca cuando habría caducado aquel, el {expires}.

Si usted no lo ha pedido, llame ahora mismo al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "account-changed": (
        "{organisation}: aviso de seguridad de su cuenta",
        """\
Buenos días:

Este aviso se envía siempre que cambia algo con lo que se entra en su cuenta:

    {change}
    Fecha: {changed_at}

Si ha sido usted, no tiene que hacer nada.

Si no ha sido usted, llame ahora mismo al {phone}. También puede entrar con un PIN o con certificado y \
cerrar todas las sesiones.

En nuestros mensajes nunca hay enlaces ni se piden claves.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "password-expires": (
        "{organisation}: su contraseña caduca pronto",
        """\
Hola:

Su contraseña caduca el {ends}.

Entre antes de esa fecha y cámbiela: solo necesita la actual. Después necesitará su código de activación y \
su teléfono móvil para obtener otra. Las demás formas de entrar siguen igual.

Nuestros mensajes nunca llevan enlaces ni piden contraseñas. Escriba usted la dirección.

{organisation}
Ayuda por teléfono: {phone}
""",
    ),
    "email-confirmation": (
        "{organisation}: confirme su dirección de correo",
        """\
Buenos días:

Alguien ha dado esta dirección de correo en un punto de registro de {organisation}, al solicitar un \
certificado digital.

Si ha sido usted, escriba este código cuando descargue el certificado:

    {code}

Así sabremos que la dirección es suya, y el certificado la incluirá. El código sirve hasta el {expires} \
y se usa una sola vez. Sin él también puede descargar su certificado, pero no llevará su correo.

La descarga se hace en {host}. Escriba usted la dirección en el navegador: en nuestros mensajes nunca \
hay enlaces.

Si no ha pedido ningún certificado, no tiene que hacer nada: borre este mensaje.

No comparta el código con nadie. Nunca se lo pediremos por teléfono ni por correo.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-issued": (
        "{organisation}: su certificado está listo",
        """\
Buenos días:

Hemos emitido un certificado digital a su nombre.

    Número de serie: {serial}
    Válido desde: {not_before}
    Válido hasta: {not_after}

Guarde una copia protegida con contraseña. Nosotros no tenemos su clave privada: si la pierde, \
nadie puede recuperarla y tendrá que obtener otro certificado.

Con él se le mostró un código de emergencia. Guárdelo en otro sitio: con él se puede suspender o revocar el \
certificado desde cualquier lugar y a cualquier hora.

Si no ha sido usted quien lo ha descargado, llame ahora mismo al {phone} para revocarlo. La revocación \
no se puede deshacer.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "card-loaded": (
        "{organisation}: su tarjeta está cargada",
        """\
Buenos días:

Hoy, en un punto de registro, hemos cargado en su tarjeta un certificado digital a su nombre.

    Tarjeta: {card}
    Número de serie: {serial}
    Válido desde: {not_before}
    Válido hasta: {not_after}

La clave privada está en la tarjeta y no la tenemos nosotros, como tampoco su PIN ni su PUK: no se los \
pediremos nunca. Si pierde la tarjeta o bloquea el PIN y el PUK, tendrá que obtener otro certificado.

En el punto de registro le han dado un código de emergencia. Guárdelo en un sitio distinto del \
de la tarjeta: con él puede suspender o revocar el certificado desde cualquier lugar y a cualquier hora.

Si no es usted quien tiene la tarjeta, llame ahora mismo al {phone} para revocar el certificado. La \
revocación no se puede deshacer.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-revoked": (
        "{organisation}: su certificado ha sido revocado",
        """\
Buenos días:

Su certificado digital ha sido revocado y ya no sirve para identificarse ni para firmar.

    Número de serie: {serial}
    Revocado el: {revoked_at}
    Motivo: {reason}

Lo que firmó antes de esa fecha no cambia. La revocación no se puede deshacer.

Si necesita otro certificado, acuda a un punto de registro con su documento de identidad. \
Puede buscar el más cercano en {host}.

Si usted no lo ha pedido o cree que es un error, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "proof-withdrawn": (
        "{organisation}: una identificación suya ha quedado sin efecto",
        """\
Buenos días:

Una identificación suya en una oficina ha quedado sin efecto. Se han cerrado sus sesiones, y su registro \
vale desde ahora lo que acrediten sus otras identificaciones.

Para volver al nivel que tenía, identifíquese de nuevo. Si no sabe a qué se debe, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "code-void": (
        "{organisation}: su código anterior ya no sirve",
        """\
Buenos días:

El código que tenía para descargar su certificado ya no sirve, porque se ha emitido otro o porque se ha \
anulado. \
Si le hemos dado uno nuevo, use solo ese.

Un código anulado o caducado no se puede recuperar. Si no tiene otro, debe identificarse de nuevo en un \
punto de registro.

Si usted no lo ha pedido, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "officer-appointed": (
        "{organisation}: nombramiento para un punto de registro",
        """\
Buenos días:

Ha sido nombrada o nombrado para trabajar en el registro de {organisation}.

    Punto de registro: {point}
    Función: {role}
    Desde: {appointed_at}

Para entrar en la aplicación necesita su propio certificado. Recibirá por separado un código para \
descargarlo. \
No comparta con nadie ni el código ni el certificado: todo lo que se haga con él quedará registrado a \
su nombre.

Si no esperaba este nombramiento, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "email-change": (
        "{organisation}: confirme su nuevo correo",
        """\
Buenos días:

Alguien ha pedido usar esta dirección de correo en un registro de {organisation}. Si ha sido usted, escriba \
este código donde pidió el cambio:

    {code}

Sirve hasta el {expires}, y una sola vez. Mientras tanto sigue en uso la dirección que teníamos.

Si no lo ha pedido, no tiene que hacer nada: borre este mensaje. No comparta el código con nadie. Nunca se \
lo pediremos por teléfono ni por correo.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "contact-changed": (
        "{organisation}: sus datos de contacto han cambiado",
        """\
Buenos días:

El móvil o el correo de su registro ha cambiado. Le escribimos a los datos que teníamos antes, para que se \
entere en todo caso.

Si el cambio es suyo, no tiene que hacer nada. Si no ha sido usted, llame ahora mismo al {phone}: quien \
recibe sus códigos puede actuar en su nombre.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "mobile-changed": (
        "{organisation}: ha cambiado su número de móvil",
        """\
Hola:

El número de móvil de su registro ha cambiado. Le escribimos a los datos que teníamos antes, para que lo \
sepa en cualquier caso.

Si lo ha cambiado usted, no tiene que hacer nada. Durante las primeras 24 horas el número nuevo sirve para \
entrar con un PIN y no para recuperar una contraseña.

Si no ha sido usted, detenga el cambio en nuestra web con este código:

    {code}

Sirve hasta el {expires}. No se enviarán más códigos al número nuevo y se cerrarán todas las sesiones, hasta \
que acuda a una oficina con su documento de identidad. O llame ahora al {phone}.

Nuestros mensajes nunca llevan enlaces. Escriba usted nuestra dirección.

{organisation}
Ayuda por teléfono: {phone}
""",
    ),
    "change-stopped": (
        "{organisation}: se ha detenido el cambio de su número de móvil",
        """\
Hola:

Alguien ha detenido el cambio de su número de móvil, con el código que enviamos a los datos anteriores. No \
enviamos códigos al número nuevo y se han cerrado todas las sesiones.

Puede seguir entrando con contraseña, con certificado o con DNI electrónico. Para usar el número, acuda a \
una oficina con su documento de identidad; allí son unos minutos.

Si tiene cualquier duda, llame al {phone}.

{organisation}
Ayuda por teléfono: {phone}
""",
    ),
    "app-added": (
        "{organisation}: se ha añadido una aplicación a su registro",
        """\
Hola:

Se ha añadido a su registro una aplicación en un teléfono móvil. Desde ahora puede recibir los PIN para \
entrar.

Si lo ha hecho usted, no tiene que hacer nada.

Si no ha sido usted, quítela en nuestra web con este código, que además cierra todas las sesiones:

    {code}

Sirve hasta el {expires}. O llame ahora al {phone}.

Nuestros mensajes nunca llevan enlaces. Escriba usted nuestra dirección.

{organisation}
Ayuda por teléfono: {phone}
""",
    ),
    "app-stopped": (
        "{organisation}: se ha quitado una aplicación de su registro",
        """\
Hola:

La aplicación que se había añadido a su registro se ha quitado, con el código que enviamos, y se han cerrado \
todas las sesiones.

Si tiene cualquier duda, llame al {phone}.

{organisation}
Ayuda por teléfono: {phone}
""",
    ),
    "renounced": (
        "{organisation}: su registro ha terminado",
        """\
Buenos días:

Su registro ha terminado, como pidió. Su contraseña y su código de activación ya no sirven, sus sesiones \
están cerradas y su móvil queda libre.

Los certificados digitales que tenga no cambian. Para volver a registrarse tendrá que identificarse en \
persona o con un certificado electrónico.

Si no lo ha pedido, llame ahora mismo al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "payment-received": (
        "{organisation}: hemos recibido su pago",
        """\
Buenos días:

Hemos recibido su pago de {amount} por: {product}.
Número de pedido: {order}

Puede pedir el justificante en su área personal o en la página desde la que pagó. Si ha pagado para obtener \
un certificado, siga ahora con la solicitud: el pago vale una sola vez. Si ha comprado algo que se \
envía, le escribiremos cuando salga.

Si no ha hecho usted este pago, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "order-shipped": (
        "{organisation}: su pedido va de camino",
        """\
Buenos días:

Hemos enviado su pedido: {product}.
Número de pedido: {order}
Transportista: {carrier}
Seguimiento: {tracking}

Si es una tarjeta, llegará en blanco: llévela a un punto de registro, con un documento de identidad vigente, \
para cargar el certificado.

Si no ha hecho usted este pedido, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "order-returned": (
        "{organisation}: su pedido ha vuelto",
        """\
Buenos días:

Su pedido ha vuelto a nosotros: {product}.
Número de pedido: {order}
Motivo: {return_reason}

Puede indicar otra dirección en su área personal, y se lo enviaremos de nuevo sin coste.

Si tiene alguna duda, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "of-age-soon": (
        "{organisation}: pronto será mayor de edad y su certificado será solo suyo",
        """\
Buenos días:

El día en que cumple dieciocho años, el {birthday}, será mayor de edad. No tiene que hacer nada con su \
certificado digital: sigue siendo válido hasta la fecha que indica.

Lo que cambia ese día: su padre, su madre o su tutor ya no podrá pedir su revocación ni códigos nuevos, ni \
en una oficina ni por teléfono. Desde entonces actúa usted por su cuenta y solo usted decide sobre él.

Si tiene alguna duda, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "of-age": (
        "{organisation}: desde hoy su certificado es solo suyo",
        """\
Buenos días:

Desde el {birthday} es usted mayor de edad. Su certificado digital sigue siendo válido hasta la fecha que \
indica y no tiene que hacer nada.

Desde hoy su padre, su madre o su tutor ya no puede pedir su revocación ni códigos nuevos. Actúa usted por \
su cuenta: si lo pierde o cree que otra persona lo usa, llame al {phone} o acuda a un punto de registro.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "proxy-acted": (
        "{organisation}: se ha usado un poder en su nombre",
        """\
Buenos días:

El {changed_at}, en una de nuestras oficinas: {proxy_act}

El certificado es siempre suyo, venga quien venga en su nombre. Si usted no dio este poder o no \
quiere que se use, llame ahora al {phone}: desde ese momento no permite nada más, hasta que usted acuda a \
una oficina. Allí puede confirmarlo o ponerle fin.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "address-in-certificates": (
        "{organisation}: sus certificados llevan su correo anterior",
        """\
Buenos días:

Ha cambiado usted su correo electrónico, y tiene certificados en vigor que llevan el anterior. Siguen siendo \
válidos: quien reciba lo que firme con ellos verá la dirección anterior.

Si quiere que sus certificados lleven la dirección nueva, o si la anterior ya no es suya, entre en {host} y \
pida un certificado nuevo en su área personal. Con él se revocan los que están en un ordenador o en un móvil \
y llevan la anterior; el de una tarjeta se cambia en una oficina. La revocación no se puede deshacer; lo que \
ya firmó sigue siendo válido.

Si no ha sido usted, llame ahora mismo al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "data-changed": (
        "{organisation}: sus certificados con los datos anteriores van a terminar",
        """\
Buenos días:

Al identificarse usted, en una oficina o por vídeo, consta que ha cambiado su nombre o su correo \
electrónico. Los certificados que dicen lo que era cierto antes no deben seguir en uso.

Se revocan cuando descargue su nuevo certificado en {host} o, si no lo hace, a partir del {expires}. \
La revocación no se puede deshacer; lo que ya firmó sigue siendo válido. Los certificados en los que nada \
ha cambiado no se tocan.

Si no ha sido usted, llame ahora mismo al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "represented": (
        "{organisation}: los certificados digitales de la persona a la que representa",
        """\
Buenos días:

Le escribimos como representante legal que nombra una resolución judicial. El {changed_at} se nos comunicó \
esa resolución, y se han revocado los certificados digitales de la persona a la que representa, se han \
anulado los códigos pendientes y se ha bloqueado el registro. Lo que firmó antes no cambia. La revocación no \
se puede deshacer.

Si es un error, o si las medidas terminan, acuda a un punto de registro con la resolución que lo diga.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "bar-lifted": (
        "{organisation}: su registro vuelve a estar abierto",
        """\
Buenos días:

Su registro se bloqueó por una comunicación que resultó ser un error. Dos personas de nuestras oficinas han \
levantado el bloqueo y puede volver a entrar como antes.

Los certificados revocados no se pueden recuperar: para obtener uno nuevo, acuda a un punto de registro con \
su documento de identidad. Lamentamos las molestias.

Si tiene alguna duda, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-will-be-revoked": (
        "{organisation}: su certificado va a ser revocado",
        """\
Buenos días:

Su certificado digital va a ser revocado, junto con otros, por una causa que nos corresponde corregir.

    Número de serie: {serial}
    Se revocará a partir del: {revoked_at}
    Motivo: {reason}

Hasta entonces funciona como siempre. Desde ese momento ya no servirá para identificarse ni para firmar. \
Lo que firme antes no cambia.

Para tener otro certificado a tiempo, acuda a un punto de registro con su documento de identidad. Puede \
buscar el más cercano en {host}. Escriba usted esa dirección: nuestros mensajes nunca llevan enlaces.

Si tiene cualquier duda, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "revocation-called-off": (
        "{organisation}: su certificado no va a ser revocado",
        """\
Buenos días:

Le escribimos que este certificado digital iba a ser revocado, junto con otros:

    Número de serie: {serial}

Esa revocación se ha cancelado. Su certificado no se revoca por esa causa y puede seguir usándolo hasta que \
caduque. No tiene que hacer nada.

Si mientras tanto ha obtenido otro, los dos sirven. El estado de los suyos se ve en {host}. Escriba usted \
esa dirección: nuestros mensajes nunca llevan enlaces.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-suspended": (
        "{organisation}: su certificado está suspendido",
        """\
Buenos días:

Su certificado digital está suspendido. Mientras lo esté, nadie puede usarlo para identificarse ni para \
firmar.

    Número de serie: {serial}
    Suspendido hasta: {ends}

Si lo encuentra y nadie más lo ha tenido, levante la suspensión antes de ese momento: entre en {host} con su \
DNI electrónico o con otro certificado, o vaya a una oficina con su documento de identidad. Si nadie lo \
hace, el certificado se revoca por sí solo ese día, y una revocación no se puede deshacer.

Si sabe que lo ha perdido o que lo tiene otra persona, pida ya que se revoque.

Si no lo ha pedido usted, llame al {phone}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "suspension-ends": (
        "{organisation}: su certificado suspendido va a revocarse",
        """\
Buenos días:

Su certificado digital sigue suspendido:

    Número de serie: {serial}
    Suspendido hasta: {ends}

Si lo ha encontrado y nadie más lo ha tenido, levante la suspensión antes de ese momento: entre en {host} \
con su DNI electrónico o con otro certificado, o vaya a una oficina con su documento de identidad. Si nadie \
lo hace, el certificado se revoca por sí solo, y una revocación no se puede deshacer.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-reinstated": (
        "{organisation}: su certificado ya no está suspendido",
        """\
Buenos días:

Se ha levantado la suspensión de su certificado digital. Vuelve a valer como antes.

    Número de serie: {serial}
    Levantada el: {changed_at}

Si no ha sido usted, llame ahora mismo al {phone} para que se revoque.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "suspension-final": (
        "{organisation}: su certificado suspendido se ha revocado",
        """\
Buenos días:

Nadie ha levantado la suspensión de su certificado digital en los siete días que había para ello, y por eso \
se ha revocado. Cuenta como revocado desde que se suspendió.

    Número de serie: {serial}
    Revocado desde: {revoked_at}

Lo que firmó antes de esa fecha no se ve afectado. Una revocación no se puede deshacer.

Si necesita otro certificado, vaya a un punto de registro con su documento de identidad. \
Puede buscar el más cercano en {host}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "certificate-ends-after-registering": (
        "{organisation}: renueve su certificado; antes, regístrese con él",
        """\
Buenos días:

Su certificado digital está a punto de caducar:

    Número de serie: {serial}
    Caduca: {ends}

Puede renovarlo sin ir a una oficina, en dos pasos. Primero entre en {host} con este mismo certificado y \
regístrese: se hace una sola vez, y le pediremos un móvil y un correo. Después acepte allí la renovación: la \
clave nueva se crea en su dispositivo y los datos son los mismos. El certificado de ahora sirve hasta que \
caduque.

Escriba usted la dirección: en nuestros mensajes nunca hay enlaces. Cuando haya caducado tendrá que ir a una \
oficina o pedir otro con su DNI electrónico.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
    "identified-with-another-contact": (
        "{organisation}: un certificado a su nombre, con otros datos de contacto",
        """\
Buenos días:

En una oficina han pedido un certificado digital a su nombre, con un documento de identidad suyo, y han dado \
otro correo electrónico u otro móvil. El código para descargarlo se envía allí. Este aviso se envía siempre \
a la dirección que ya teníamos.

Si ha sido usted, no tiene que hacer nada.

Si no ha sido usted, llame ahora mismo al {phone}: retiraremos la identificación y el código dejará de \
servir. Si el certificado ya se ha descargado, pida que se revoque en ese teléfono o en cualquier oficina, \
con su documento de identidad.

El código sirve hasta el {expires}.

{organisation}
Teléfono de ayuda: {phone}
""",
    ),
}

REASONS = {
    "unspecified": "no se ha indicado",
    "keyCompromise": "la clave privada se ha perdido o puede conocerla otra persona",
    "affiliationChanged": "los datos del certificado han cambiado",
    "superseded": "se ha sustituido por otro certificado",
    "cessationOfOperation": "ya no se necesita",
    "privilegeWithdrawn": "se ha comprobado que no debía haberse emitido o que se ha usado indebidamente",
    "cACompromise": "la clave de la autoridad de certificación puede conocerla otra persona",
}

CHANGES = {
    "password-activated": "Se ha activado su contraseña.",
    "password-changed": "Se ha cambiado su contraseña.",
    "password-recovered": "Se ha recuperado su contraseña: ahora es otra.",
    "password-blocked": "Su contraseña está bloqueada por un tiempo: ha habido cinco intentos "
    "fallidos o más.",
    "password-removed": "Se ha dado de baja su contraseña.",
    "activation-code-issued": "Se ha generado un nuevo código de activación; el anterior ya no sirve.",
    "activation-code-blocked": "Su código de activación está bloqueado: ha habido cinco intentos fallidos. "
    "Puede generar otro si entra con un PIN o con certificado.",
    "authenticator-added": "Se ha añadido una aplicación de códigos a su acceso.",
    "authenticator-removed": "Se ha quitado la aplicación de códigos de su acceso.",
    "authenticator-blocked": "Su aplicación de códigos está bloqueada por un tiempo: hubo cinco códigos "
    "erróneos o más, de alguien que sabe su contraseña. Cámbiela.",
}

ROLES = {
    "registration-officer": "identificar a las personas solicitantes",
    "revocation-officer": "atender las revocaciones",
    "supervisor": "supervisar el registro",
}

DEADLINES = {
    "strong-proof": "Su identificación en persona, con DNI electrónico o por vídeo revisado.",
    "activation-code": "Su código de activación.",
    "password": "Su contraseña.",
}
PROXY_ACTS = {
    "obtain": "alguien pidió en su nombre, con un poder notarial, un certificado.",
    "collect-code": "alguien pidió con un poder notarial un nuevo código de generación suyo.",
    "revoke": "alguien hizo revocar con un poder notarial un certificado suyo.",
    "power-entered": "se ha anotado un poder notarial que usted otorgó. Se puede usar desde ahora.",
    "power-revoked": "ha terminado un poder notarial que usted otorgó. Ya no permite nada.",
    "power-suspended": "como pidió, sus poderes no permiten nada hasta que acuda a una oficina.",
    "power-confirmed": "usted confirmó un poder notarial que estaba suspendido. Se puede usar de nuevo.",
}

MONTHS = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
DATE = "{day} de {month} de {year}"
MOMENT = "{date}, {time} (hora peninsular)"
SHORT_DATE = "{day:02}/{number:02}/{year}"

SLIP = {
    "title": "Código para descargar su certificado digital",
    "for": "Para la persona con NIF",
    "code": "Su código de generación",
    "case": "Distingue mayúsculas y minúsculas. Los espacios no forman parte de él. "
    "No contiene nunca el cero ni la letra o, ni el uno, la i mayúscula o la ele minúscula.",
    "upper": "{sign} mayúscula",
    "lower": "{sign} minúscula",
    "expires": "Puede usarlo hasta el",
    "how": "Cómo descargar el certificado",
    "steps": (
        "Abra el navegador y escriba usted esta dirección: {url}",
        "Escriba el código. La clave privada se crea en su propio equipo y nadie más la conoce.",
        "Si ha recibido por correo un código de confirmación, téngalo a mano.",
        "Guarde el certificado y una copia de seguridad, protegidos con contraseña.",
    ),
    "warnings_title": "Importante",
    "warnings": (
        "No enseñe ni dé este código a nadie. Nunca se lo pediremos por teléfono, mensaje ni correo.",
        "Se usa una sola vez. Destruya esta hoja después de la descarga.",
        "Si caduca o lo pierde, no se puede recuperar: tendrá que identificarse de nuevo "
        "en un punto de registro.",
        "Si cree que otra persona lo ha visto, llame al {phone}.",
    ),
    "printed": "Impreso el {moment}",
}

RECEIPT = {
    "titles": {
        "registration": "Justificante de registro",
        "renewal": "Justificante de renovación del registro",
        "activation-code": "Nuevo código de activación",
        "change": "Justificante de modificación de datos",
        "renunciation": "Justificante de renuncia",
        "deregistration": "Justificante de baja de la contraseña",
        "payment": "Justificante de pago",
    },
    "for": "Persona con NIF",
    "date": "Fecha",
    "method": "Identificación",
    "methods": {
        "letter": "carta de invitación (nivel básico)",
        "video-automatic": "vídeo, de forma automática (nivel básico)",
        "video-reviewed": "vídeo, revisado por personal público (nivel avanzado)",
        "certificate": "certificado electrónico (nivel avanzado)",
        "e-id": "DNI electrónico (nivel avanzado)",
        "in-person": "en una oficina, en persona (nivel avanzado)",
    },
    "activation": "Su código de activación",
    "keep": "Guárdelo en un lugar seguro y no lo comparta. Lo necesitará para activar su contraseña, "
    "y otra vez si algún día la olvida. Los anteriores ya no sirven.",
    "meaning": {
        "registration": "Queda inscrito en el registro con los datos que ha facilitado.",
        "renewal": "Su registro queda renovado por cinco años.",
        "activation-code": "El código anterior ha dejado de servir.",
        "change": "Sus datos de contacto han cambiado. También hemos enviado un aviso a los anteriores.",
        "renunciation": "Su registro queda sin efecto. Para volver a registrarse tendrá que identificarse "
        "en persona o con certificado electrónico.",
        "deregistration": "Ya no puede entrar con contraseña. Su registro sigue en vigor.",
        "payment": "Este pago corresponde a una sola compra y se ha hecho con tarjeta. No es una factura.",
    },
    "details": {
        "product": "Producto",
        "amount": "Importe pagado",
        "order": "Número de pedido",
        "paid_at": "Fecha del pago",
    },
    "verify": "Cualquiera puede comprobar este documento en {url} con el código seguro de verificación:",
    "help": "Si no ha sido usted, o necesita ayuda, llame al {phone}.",
}

RECEIPT_PAGE = {
    "heading": "Comprobar un justificante",
    "languages": "Idioma",
    "code": "Código seguro de verificación",
    "hint": "Está al pie del justificante: 16 letras y números. Los guiones y las mayúsculas dan igual.",
    "check": "Comprobar",
    "found": "Este código es de un justificante nuestro",
    "hash": "SHA-256 del PDF",
    "compare": "Compruebe que estos datos son los del documento que tiene. Si le han dado el PDF, "
    "su SHA-256 tiene que ser este.",
    "none": "Ningún justificante tiene este código",
    "again": "Revise el código y vuelva a escribirlo. Si es el del documento, el documento no es nuestro.",
}

LETTER = {
    "title": "Carta de invitación al registro",
    "for": "Para la persona con NIF",
    "why": "Se ha pedido esta carta para registrarse en {organisation} y tramitar por internet. "
    "La enviamos solo al domicilio fiscal, para que nadie pueda registrarse en su nombre.",
    "code": "Su código seguro de verificación (CSV)",
    "expires": "Puede usarlo, una sola vez, hasta el",
    "how": "Cómo registrarse",
    "steps": (
        "Abra el navegador y escriba usted esta dirección: {url}",
        "Elija «Ya tengo una carta». Escriba su DNI o NIE, el dato de contraste de su documento y el código.",
        "Dé su teléfono móvil y su correo electrónico, lea las condiciones y acéptelas.",
        "Guarde el justificante de registro: contiene su código de activación.",
    ),
    "warnings": (
        "No muestre ni dé este código a nadie. Nunca se lo pediremos por teléfono, mensaje ni correo.",
        "Si pide otra carta, esta deja de servir. Tras cinco intentos fallidos, también.",
        "Si no ha pedido esta carta, destrúyala: sin su documento de identidad no sirve a nadie. "
        "Dudas: {phone}.",
    ),
}

VIDEO_REASONS = {
    "document-unreadable": "no se lee bien el documento",
    "document-not-valid": "el documento no está en vigor o no se aprecian sus medidas de seguridad",
    "face-not-matching": "la cara del vídeo no se parece lo bastante a la del documento",
    "liveness-doubtful": "no se puede asegurar que el vídeo sea de una persona presente",
    "data-not-matching": "los datos no coinciden con los del documento",
    "number-taken": "el móvil que indicó está registrado a nombre de otra persona; use otro número",
}

PRODUCTS = {
    "certificate-in-person": "certificado, con identificación en una oficina",
    "certificate-online": "certificado, pedido en el área personal",
    "certificate-video": "certificado, con identificación por vídeo",
    "card": "tarjeta criptográfica",
    "card-reader": "lector de tarjetas",
}

PAYMENT_RETURNS = {
    "done": (
        "Pago enviado",
        "Vuelva a la página desde la que pagó. Si el banco lo ha autorizado, lo verá allí en un momento, y "
        "le escribiremos.",
    ),
    "not-done": (
        "No se ha pagado",
        "Vuelva a la página desde la que pagó: allí puede volver a intentarlo. Si el banco no lo ha "
        "autorizado, no se cobra.",
    ),
}

RETURN_REASONS = {
    "address-unknown": "la dirección es desconocida o incompleta",
    "not-collected": "nadie lo recogió a tiempo",
    "sent-back": "usted lo ha devuelto",
}
