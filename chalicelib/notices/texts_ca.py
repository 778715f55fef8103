"""The messages in Valencian (ISO 639-1 "ca"). Text messages have no accents, as GSM 03.38 asks."""

from __future__ import annotations

SMS = {
    "certificate-ends": (
        "{organisation}: el seu certificat caduca el {ends}. Renove'l abans. Li expliquem com "
        "per correu. Ajuda: {phone}."
    ),
    "emergency-code-replaced": (
        "{organisation}: nou codi d'emergencia per al seu certificat; l'anterior no servix. Si no ha sigut "
        "voste, telefone al {phone}."
    ),
    "certificate-ends-suspended": (
        "{organisation}: el seu certificat esta suspes i caduca el {ends}. Alce la suspensio per a "
        "renovar-lo. Ajuda: {phone}."
    ),
    "certificate-ended": (
        "{organisation}: el seu certificat va caducar el {ends}. Per a tindre'n un altre, vaja a una "
        "oficina o entre amb DNIe. Ajuda: {phone}."
    ),
    "video-certificate-granted": (
        "{organisation}: s'ha concedit per video un certificat al seu nom. Si no ha sigut voste,"
        " telefone ja al {phone}."
    ),
    "welcome": (
        "{organisation}: ja esta registrat. Guarde el codi d'activacio del seu justificant. "
        "Si no ha sigut voste, telefone al {phone}."
    ),
    "generation-code": (
        "{organisation}: codi {code} per al certificat. Caduca {expires}. No el compartisca.\n@{host} #{code}"
    ),
    "mobile-code": (
        "{organisation}: codi {code} per a confirmar este telèfon. 5 minuts. No el compartisca.\n"
        "@{host} #{code}"
    ),
    "contact-changed": (
        "{organisation}: les seues dades de contacte han canviat. "
        "Si no ha sigut vosté, telefone ja al {phone}."
    ),
    "mobile-changed": (
        "{organisation}: ha canviat el seu mobil. Si no ha sigut voste, use {code} en el web o "
        "cride al {phone}."
    ),
    "change-stopped": (
        "{organisation}: s'ha parat el canvi del seu mobil. No enviem claus fins que vaja a "
        "una oficina. {phone}"
    ),
    "app-added": (
        "{organisation}: nova app per als seus PIN. Si no ha sigut voste, use {code} en el web "
        "o cride al {phone}."
    ),
    "app-stopped": "{organisation}: s'ha llevat una app del seu registre, amb el codi enviat. {phone}",
    "renounced": (
        "{organisation}: el seu registre ha acabat, com va demanar. "
        "Si no ha sigut vosté, telefone ja al {phone}."
    ),
    "pin": (
        "{organisation}: PIN per a entrar: {code}. Val 10 minuts, una volta. No el compartisca.\n"
        "@{host} #{code}"
    ),
    "otp-activation": (
        "{organisation}: codi {code} per a activar la clau. Val 5 minuts. No el compartisca.\n@{host} #{code}"
    ),
    "otp-recovery": (
        "{organisation}: codi {code} per a recuperar la clau. Val 5 minuts. No el compartisca.\n"
        "@{host} #{code}"
    ),
    "otp-step-up": (
        "{organisation}: codi {code} per a confirmar que entra. Val 5 min. No el compartisca.\n"
        "@{host} #{code}"
    ),
}

EMAILS = {
    "certificate-ends-online": (
        "{organisation}: renove el seu certificat en un pas",
        """\
Bon dia:

El seu certificat digital està a punt de caducar:

    Número de sèrie: {serial}
    Caduca: {ends}

Tenim preparada la seua renovació. Entre en {host} amb este mateix certificat o amb el seu DNI electrònic i \
accepte-la: la clau nova es crea en el seu dispositiu i les dades són les mateixes. El certificat d'ara \
servix fins que caduque.

Escriga vosté l'adreça: en els nostres missatges mai no hi ha enllaços. Quan haja caducat haurà d'anar a una \
oficina o demanar-ne un altre amb el seu DNI electrònic.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-ends-in-person": (
        "{organisation}: el seu certificat caducarà prompte",
        """\
Bon dia:

El seu certificat digital està a punt de caducar:

    Número de sèrie: {serial}
    Caduca: {ends}

Este certificat no és suficient per a obtindre el següent, així que ara cal identificar-se de nou: en una \
oficina, amb el seu document, o en {host} amb el seu DNI electrònic. La llista d'oficines està en {host}.

Escriga vosté l'adreça: en els nostres missatges mai no hi ha enllaços.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-ends-minor": (
        "{organisation}: el seu certificat caducarà prompte",
        """\
Bon dia:

El seu certificat digital està a punt de caducar:

    Número de sèrie: {serial}
    Caduca: {ends}

Mentres siga menor d'edat, el següent s'obté en una oficina: vaja-hi amb el seu document i amb son pare, sa \
mare o qui n'exercisca la tutela. La llista d'oficines està en {host}.

Escriga vosté l'adreça: en els nostres missatges mai no hi ha enllaços.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "emergency-code-replaced": (
        "{organisation}: té un codi d'emergència nou",
        """\
Bon dia:

S'ha demanat en la seua àrea personal un altre codi d'emergència per a este certificat, i l'anterior ha \
deixat de servir:

    Número de sèrie: {serial}

El codi nou s'ha mostrat una vegada i nosaltres no el guardem. Tinga'l en un altre lloc que el certificat: \
amb ell es pot suspendre o revocar des de qualsevol lloc i a qualsevol hora.

Si no ha sigut vosté, algú ha entrat en la seua àrea personal: telefone ara mateix al {phone} o entre en \
{host}. Amb el codi ningú pot usar el seu certificat, però sí deixar-lo sense efecte.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-ends-suspended": (
        "{organisation}: el seu certificat suspés caducarà prompte",
        """\
Bon dia:

El seu certificat digital està a punt de caducar, i ara està suspés:

    Número de sèrie: {serial}
    Caduca: {ends}

Mentre estiga suspés no es pot renovar. Si l'ha trobat i ningú més l'ha tingut, primer alce la suspensió: \
entre en {host} amb el seu DNI electrònic o amb un altre certificat, o vaja a una oficina amb el seu \
document d'identitat. Després es pot renovar, fins al dia que caduca.

Si no alça la suspensió en el seu termini, el certificat es revoca i caldrà demanar-ne un altre. Escriga \
vosté l'adreça: en els nostres missatges no hi ha mai enllaços.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-ended": (
        "{organisation}: el seu certificat ha caducat",
        """\
Bon dia:

El seu certificat digital ha caducat:

    Número de sèrie: {serial}
    Va caducar: {ends}

Ja no es pot renovar. Per a tindre'n un altre, vaja a una oficina amb el seu document o entre amb el seu DNI \
electrònic.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "deadline-near": (
        "{organisation}: s'acosta un termini",
        """\
Bon dia:

    {deadline}
    Fins a: {ends}

En entrar en el seu compte pot vore què fer i quina és la forma més ràpida. En els nostres missatges mai no \
hi ha enllaços.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "deadline-passed": (
        "{organisation}: ha passat un termini",
        """\
Bon dia:

    {deadline}
    Fins a: {ends}

Eixe termini ha passat. En entrar en el seu compte pot vore què fer i quina és la forma més ràpida.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "video-received": (
        "{organisation}: hem rebut la seua identificació per vídeo",
        """\
Bon dia:

Hem rebut la seua identificació per vídeo. La revisarà personal públic i li escriurem amb el resultat, siga \
quin siga.

Mentrestant no cal que faça res. El que ja tinguera abans seguix igual.

Si no ha sigut vosté, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "video-accepted": (
        "{organisation}: la seua identificació per vídeo ha sigut acceptada",
        """\
Bon dia:

Personal públic ha revisat la seua identificació per vídeo i l'ha acceptada. Ja està registrat en el nivell \
avançat.

Reculla el justificant de registre, que conté el seu codi d'activació, en els pròxims 15 dies. Torne a la \
pàgina des de la qual va enviar el vídeo, en {host}. Escriga vosté l'adreça: en els nostres missatges no hi \
ha mai enllaços.

Si no ha sigut vosté, telefone ara mateix al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "video-rejected": (
        "{organisation}: la seua identificació per vídeo no ha sigut acceptada",
        """\
Bon dia:

Personal públic ha revisat la seua identificació per vídeo i no l'ha acceptada.

    Motiu: {video_reason}

Si ja estava registrat, el seu registre seguix igual: no perd res. Pot intentar-ho una altra vegada quan \
vullga, demanar una carta, usar un certificat electrònic o anar a una oficina.

Si una comprovació automàtica ja li havia donat el nivell bàsic amb este vídeo, eixe nivell acaba ara.

Si no hi està d'acord, pot demanar una vegada, en 30 dies, que ho revise una altra persona. Faça-ho en la \
pàgina des de la qual va enviar el vídeo.

Si no ha sigut vosté qui l'ha enviat, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "video-certificate-accepted": (
        "{organisation}: ja pot descarregar el seu certificat",
        """\
Bon dia:

Personal públic ha revisat la seua identificació per vídeo i l'ha acceptada.

Li enviem ara un codi de generació per missatge de text al mòbil que va indicar, i un altre codi a esta \
adreça. Amb ells descarrega el seu certificat en {host}. Escriga vosté l'adreça: en els nostres missatges no \
hi ha mai enllaços.

El codi servix fins al dia {expires}. Després no es pot reactivar: caldria començar de nou, i el que \
s'haguera pagat no es torna. Si el perd abans, pot demanar-ne un altre amb el seu compte o en una oficina.

Si no ha sigut vosté, telefone ara mateix al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "video-certificate-granted": (
        "{organisation}: s'ha concedit per vídeo un certificat al seu nom",
        """\
Bon dia:

Personal públic ha acceptat una identificació per vídeo i ha concedit un certificat digital al seu nom. El \
codi per a descarregar-lo s'envia al mòbil que es va indicar en eixa identificació: {mobile}. Este avís \
s'envia sempre a les dades de contacte del seu registre.

Si l'ha demanat vosté, no ha de fer res.

Si no ha sigut vosté, telefone ara mateix al {phone}: retirarem la identificació i el codi deixarà de \
servir. Si el certificat ja s'ha descarregat, apareix entre els seus: entre en {host} i revoque'l, o demane \
que es revoque en eixe telèfon o en qualsevol oficina, amb el seu document d'identitat. Escriga vosté \
l'adreça: en els nostres missatges no hi ha mai enllaços.

El codi servix fins al dia {expires}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "video-certificate-rejected": (
        "{organisation}: la seua identificació per vídeo no ha sigut acceptada",
        """\
Bon dia:

Personal públic ha revisat el vídeo amb què va demanar un certificat i no l'ha acceptat.

    Motiu: {video_reason}

Els certificats que ja tinguera seguixen igual. Pot intentar-ho una altra vegada quan vullga, o anar a una \
oficina.

Si no hi està d'acord, pot demanar una vegada, en 30 dies, que ho revise una altra persona. Faça-ho en la \
pàgina des de la qual va enviar el vídeo.

Si no ha sigut vosté qui l'ha enviat, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "code-replaced": (
        "{organisation}: el seu codi per al certificat s'ha canviat per un altre",
        """\
Bon dia:

El codi de generació que tenia per a descarregar el seu certificat ja no servix: se n'ha emés un altre, pel \
mateix mitjà que el primer. Caduca quan hauria caducat aquell, el dia {expires}.

Si no ho ha demanat vosté, telefone ara mateix al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "account-changed": (
        "{organisation}: avís de seguretat del seu compte",
        """\
Bon dia:

Este avís s'envia sempre que canvia alguna cosa amb què s'entra en el seu compte:

    {change}
    Data: {changed_at}

Si ha sigut vosté, no cal que faça res.

Si no ha sigut vosté, telefone ara mateix al {phone}. També pot entrar amb un PIN o amb certificat i \
tancar totes les sessions.

En els nostres missatges no hi ha mai enllaços ni es demanen claus.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "password-expires": (
        "{organisation}: la seua contrasenya caduca prompte",
        """\
Hola:

La seua contrasenya caduca el dia {ends}.

Entre abans d'eixa data i canvie-la: només necessita l'actual. Després necessitarà el seu codi d'activació i \
el seu telèfon mòbil per a obtindre'n una altra. Les altres maneres d'entrar seguixen igual.

Els nostres missatges no porten mai enllaços ni demanen contrasenyes. Escriga vosté l'adreça.

{organisation}
Ajuda per telèfon: {phone}
""",
    ),
    "email-confirmation": (
        "{organisation}: confirme la seua adreça de correu",
        """\
Bon dia:

Algú ha donat esta adreça de correu en un punt de registre de {organisation}, en sol·licitar un \
certificat digital.

Si ha sigut vosté, escriga este codi quan descarregue el certificat:

    {code}

Així sabrem que l'adreça és seua, i el certificat la inclourà. El codi servix fins al dia {expires} \
i s'usa una sola vegada. Sense ell també pot descarregar el seu certificat, però no portarà el seu correu.

La descàrrega es fa en {host}. Escriga vosté l'adreça en el navegador: en els nostres missatges no hi \
ha mai enllaços.

Si no ha demanat cap certificat, no cal que faça res: esborre este missatge.

No compartisca el codi amb ningú. No li'l demanarem mai per telèfon ni per correu.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-issued": (
        "{organisation}: el seu certificat està a punt",
        """\
Bon dia:

Hem emés un certificat digital al seu nom.

    Número de sèrie: {serial}
    Vàlid des de: {not_before}
    Vàlid fins a: {not_after}

Guarde'n una còpia protegida amb contrasenya. Nosaltres no tenim la seua clau privada: si la perd, \
ningú la pot recuperar i haurà d'obtindre un altre certificat.

Amb ell se li va mostrar un codi d'emergència. Guarde'l en un altre lloc: amb ell es pot suspendre o revocar \
el certificat des de qualsevol lloc i a qualsevol hora.

Si no ha sigut vosté qui l'ha descarregat, telefone ara mateix al {phone} per a revocar-lo. La \
revocació no es pot desfer.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "card-loaded": (
        "{organisation}: la seua targeta està carregada",
        """\
Bon dia:

Hui, en un punt de registre, hem carregat en la seua targeta un certificat digital al seu nom.

    Targeta: {card}
    Número de sèrie: {serial}
    Vàlid des de: {not_before}
    Vàlid fins a: {not_after}

La clau privada està en la targeta i nosaltres no la tenim, com tampoc el seu PIN ni el seu PUK: no li'ls \
demanarem mai. Si perd la targeta o bloqueja el PIN i el PUK, haurà d'obtindre un altre certificat.

Al punt de registre li han donat un codi d'emergència. Guarde'l en un lloc diferent del de la targeta: \
amb ell es pot suspendre o revocar el certificat des de qualsevol lloc i a qualsevol hora.

Si no és vosté qui té la targeta, telefone ara mateix al {phone} per a revocar el certificat. La \
revocació no es pot desfer.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-revoked": (
        "{organisation}: el seu certificat ha sigut revocat",
        """\
Bon dia:

El seu certificat digital ha sigut revocat i ja no servix per a identificar-se ni per a firmar.

    Número de sèrie: {serial}
    Revocat el: {revoked_at}
    Motiu: {reason}

El que va firmar abans d'eixa data no canvia. La revocació no es pot desfer.

Si necessita un altre certificat, acudisca a un punt de registre amb el seu document d'identitat. \
Pot buscar el més pròxim en {host}.

Si no ho ha demanat o creu que és un error, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "proof-withdrawn": (
        "{organisation}: una identificació seua ha quedat sense efecte",
        """\
Bon dia:

Una identificació seua en una oficina ha quedat sense efecte. S'han tancat les seues sessions, i el seu \
registre val des d'ara el que acrediten les altres identificacions.

Per a tornar al nivell que tenia, identifique's de nou. Si no sap a què es deu, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "code-void": (
        "{organisation}: el seu codi anterior ja no servix",
        """\
Bon dia:

El codi que tenia per a descarregar el seu certificat ja no servix, perquè se n'ha emés un altre o \
perquè s'ha anul·lat. \
Si li n'hem donat un de nou, use només eixe.

Un codi anul·lat o caducat no es pot recuperar. Si no en té un altre, ha d'identificar-se de nou en un \
punt de registre.

Si no ho ha demanat, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "officer-appointed": (
        "{organisation}: nomenament per a un punt de registre",
        """\
Bon dia:

Ha sigut nomenada o nomenat per a treballar en el registre de {organisation}.

    Punt de registre: {point}
    Funció: {role}
    Des de: {appointed_at}

Per a entrar en l'aplicació necessita el seu propi certificat. Rebrà per separat un codi per a \
descarregar-lo. \
No compartisca amb ningú ni el codi ni el certificat: tot el que es faça amb ell quedarà registrat al \
seu nom.

Si no esperava este nomenament, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "email-change": (
        "{organisation}: confirme el seu nou correu",
        """\
Bon dia:

Algú ha demanat usar esta adreça de correu en un registre de {organisation}. Si ha sigut vosté, escriga este \
codi on va demanar el canvi:

    {code}

Servix fins al dia {expires}, i una sola vegada. Mentrestant continua en ús l'adreça que teníem.

Si no ho ha demanat, no cal que faça res: esborre este missatge. No compartisca el codi amb ningú. Mai li'l \
demanarem per telèfon ni per correu.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "contact-changed": (
        "{organisation}: les seues dades han canviat",
        """\
Bon dia:

El mòbil o el correu del seu registre ha canviat. Li escrivim a les dades que teníem abans, perquè ho sàpia \
en tot cas.

Si el canvi és seu, no cal que faça res. Si no ha sigut vosté, telefone ara mateix al {phone}: qui rep els \
seus codis pot actuar en nom seu.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "mobile-changed": (
        "{organisation}: ha canviat el seu número de mòbil",
        """\
Hola:

El número de mòbil del seu registre ha canviat. Li escrivim a les dades que teníem abans, perquè ho sàpia en \
qualsevol cas.

Si l'ha canviat vosté, no cal que faça res. Durant les primeres 24 hores el número nou servix per a entrar \
amb un PIN i no per a recuperar una contrasenya.

Si no ha sigut vosté, pare el canvi en el nostre web amb este codi:

    {code}

Servix fins al dia {expires}. No s'enviaran més codis al número nou i es tancaran totes les sessions, fins \
que vaja a una oficina amb el seu document d'identitat. O telefone ara al {phone}.

Els nostres missatges no porten mai enllaços. Escriga vosté la nostra adreça.

{organisation}
Ajuda per telèfon: {phone}
""",
    ),
    "change-stopped": (
        "{organisation}: s'ha parat el canvi del seu número de mòbil",
        """\
Hola:

Algú ha parat el canvi del seu número de mòbil, amb el codi que vam enviar a les dades anteriors. No enviem \
codis al número nou i s'han tancat totes les sessions.

Pot continuar entrant amb contrasenya, amb certificat o amb DNI electrònic. Per a usar el número, vaja a una \
oficina amb el seu document d'identitat; allí són uns minuts.

Si té qualsevol dubte, telefone al {phone}.

{organisation}
Ajuda per telèfon: {phone}
""",
    ),
    "app-added": (
        "{organisation}: s'ha afegit una aplicació al seu registre",
        """\
Hola:

S'ha afegit al seu registre una aplicació en un telèfon mòbil. Des d'ara pot rebre els PIN per a entrar.

Si ho ha fet vosté, no cal que faça res.

Si no ha sigut vosté, lleve-la en el nostre web amb este codi, que a més tanca totes les sessions:

    {code}

Servix fins al dia {expires}. O telefone ara al {phone}.

Els nostres missatges no porten mai enllaços. Escriga vosté la nostra adreça.

{organisation}
Ajuda per telèfon: {phone}
""",
    ),
    "app-stopped": (
        "{organisation}: s'ha llevat una aplicació del seu registre",
        """\
Hola:

L'aplicació que s'havia afegit al seu registre s'ha llevat, amb el codi que vam enviar, i s'han tancat totes \
les sessions.

Si té qualsevol dubte, telefone al {phone}.

{organisation}
Ajuda per telèfon: {phone}
""",
    ),
    "renounced": (
        "{organisation}: el seu registre ha acabat",
        """\
Bon dia:

El seu registre ha acabat, com va demanar. La contrasenya i el codi d'activació ja no servixen, les sessions \
estan tancades i el mòbil queda lliure.

Els certificats digitals que tinga no canvien. Per a tornar a registrar-se haurà d'identificar-se en \
persona o amb un certificat electrònic.

Si no ho ha demanat, telefone ara mateix al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "payment-received": (
        "{organisation}: hem rebut el seu pagament",
        """\
Bon dia:

Hem rebut el seu pagament de {amount} per: {product}.
Número de comanda: {order}

Pot demanar el justificant en la seua àrea personal o en la pàgina des de la qual ha pagat. Si ha pagat per \
a obtindre un certificat, continue ara amb la sol·licitud: el pagament val una sola vegada. Si ha \
comprat alguna cosa que s'envia, li escriurem quan isca.

Si no ha fet vosté este pagament, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "order-shipped": (
        "{organisation}: la seua comanda va de camí",
        """\
Bon dia:

Hem enviat la seua comanda: {product}.
Número de comanda: {order}
Transportista: {carrier}
Seguiment: {tracking}

Si és una targeta, arribarà en blanc: porte-la a un punt de registre, amb un document d'identitat vigent, \
per a carregar el certificat.

Si no ha fet vosté esta comanda, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "order-returned": (
        "{organisation}: la seua comanda ha tornat",
        """\
Bon dia:

La seua comanda ha tornat a nosaltres: {product}.
Número de comanda: {order}
Motiu: {return_reason}

Pot indicar una altra adreça en la seua àrea personal, i li l'enviarem de nou sense cost.

Si té algun dubte, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "of-age-soon": (
        "{organisation}: prompte serà major d'edat i el seu certificat serà només seu",
        """\
Bon dia:

Quan complisca díhuit anys, el dia {birthday}, serà major d'edat. No cal que faça res amb el seu certificat \
digital: continua sent vàlid fins a la data que indica.

El que canvia eixe dia: el seu pare, la seua mare o el seu tutor ja no podrà demanar la revocació ni codis \
nous, ni en una oficina ni per telèfon. Des d'aleshores actua pel seu compte i només vosté hi decidix.

Si té cap dubte, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "of-age": (
        "{organisation}: des de hui el seu certificat és només seu",
        """\
Bon dia:

Des del dia {birthday} és major d'edat. El seu certificat digital continua sent vàlid fins a la data que \
indica i no cal que faça res.

Des de hui el seu pare, la seua mare o el seu tutor ja no pot demanar la revocació ni codis nous. Actua pel \
seu compte: si el perd o creu que una altra persona l'usa, telefone al {phone} o acudisca a un punt de \
registre.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "proxy-acted": (
        "{organisation}: s'ha usat un poder en el seu nom",
        """\
Bon dia:

El dia {changed_at}, en una de les nostres oficines: {proxy_act}

El certificat és sempre seu, vinga qui vinga en el seu nom. Si no va donar este poder o no vol que s'use, \
telefone ara al {phone}: des d'eixe moment no permet res més, fins que acudisca a una oficina. Allí pot \
confirmar-lo o posar-li fi.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "address-in-certificates": (
        "{organisation}: els seus certificats porten el seu correu anterior",
        """\
Bon dia:

Ha canviat vosté el seu correu electrònic, i té certificats en vigor que porten l'anterior. Continuen sent \
vàlids: qui reba el que firme amb ells veurà l'adreça anterior.

Si vol que els seus certificats porten l'adreça nova, o si l'anterior ja no és seua, entre en {host} i \
demane un certificat nou en la seua àrea personal. Amb ell es revoquen els que estan en un ordinador o en un \
mòbil i porten l'anterior; el d'una targeta es canvia en una oficina. La revocació no es pot desfer; el que \
ja va firmar continua sent vàlid.

Si no ha sigut vosté, telefone ara mateix al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "data-changed": (
        "{organisation}: els seus certificats amb les dades anteriors s'acaben",
        """\
Bon dia:

En identificar-se vosté, en una oficina o per vídeo, consta que ha canviat el seu nom o el seu correu \
electrònic. Els certificats que diuen el que era cert abans no han de continuar en ús.

Es revoquen quan descarregue el certificat nou en {host} o, si no ho fa, a partir del dia {expires}. La \
revocació no es pot desfer; el que ja va firmar continua sent vàlid. Els certificats en què no ha canviat \
res no es toquen.

Si no ha sigut vosté, telefone ara mateix al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "represented": (
        "{organisation}: els certificats digitals de la persona a qui representa",
        """\
Bon dia:

Li escrivim com a representant legal que nomena una resolució judicial. El dia {changed_at} se'ns va \
comunicar eixa resolució, i s'han revocat els certificats digitals de la persona a qui representa, s'han \
anul·lat els codis pendents i s'ha bloquejat el registre. El que va firmar abans no canvia. La revocació no \
es pot desfer.

Si és un error, o si les mesures s'acaben, acudisca a un punt de registre amb la resolució que ho diga.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "bar-lifted": (
        "{organisation}: el seu registre torna a estar obert",
        """\
Bon dia:

El seu registre es va bloquejar per una comunicació que va resultar ser un error. Dos persones de les \
nostres oficines han alçat el bloqueig i pot tornar a entrar com abans.

Els certificats revocats no es poden recuperar: per a obtindre'n un de nou, acudisca a un punt de registre \
amb el seu document d'identitat. Lamentem les molèsties.

Si té cap dubte, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-will-be-revoked": (
        "{organisation}: el seu certificat serà revocat",
        """\
Bon dia:

El seu certificat digital serà revocat, junt amb altres, per una causa que ens correspon corregir.

    Número de sèrie: {serial}
    Es revocarà a partir del: {revoked_at}
    Motiu: {reason}

Fins aleshores funciona com sempre. Des d'eixe moment ja no servirà per a identificar-se ni per a firmar. \
El que firme abans no canvia.

Per a tindre un altre certificat a temps, acudisca a un punt de registre amb el seu document d'identitat. \
Pot buscar el més pròxim en {host}. Escriga vosté eixa adreça: els nostres missatges no porten mai enllaços.

Si té qualsevol dubte, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "revocation-called-off": (
        "{organisation}: el seu certificat no serà revocat",
        """\
Bon dia:

Li vam escriure que este certificat digital seria revocat, junt amb altres:

    Número de sèrie: {serial}

Eixa revocació s'ha cancel·lat. El seu certificat no es revoca per eixa causa i pot continuar usant-lo fins \
que caduque. No ha de fer res.

Si mentrestant n'ha obtingut un altre, tots dos servixen. L'estat dels seus es veu en {host}. Escriga vosté \
eixa adreça: els nostres missatges no porten mai enllaços.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-suspended": (
        "{organisation}: el seu certificat està suspés",
        """\
Bon dia:

El seu certificat digital està suspés. Mentre ho estiga, ningú pot usar-lo per a identificar-se ni per a \
firmar.

    Número de sèrie: {serial}
    Suspés fins a: {ends}

Si el troba i ningú més l'ha tingut, alce la suspensió abans d'eixe moment: entre en {host} amb el seu DNI \
electrònic o amb un altre certificat, o vaja a una oficina amb el seu document d'identitat. Si ningú ho fa, \
el certificat es revoca per si sol eixe dia, i una revocació no es pot desfer.

Si sap que l'ha perdut o que el té una altra persona, demane ja que es revoque.

Si no ho ha demanat vosté, telefone al {phone}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "suspension-ends": (
        "{organisation}: el seu certificat suspés es revocarà",
        """\
Bon dia:

El seu certificat digital continua suspés:

    Número de sèrie: {serial}
    Suspés fins a: {ends}

Si l'ha trobat i ningú més l'ha tingut, alce la suspensió abans d'eixe moment: entre en {host} amb el seu \
DNI electrònic o amb un altre certificat, o vaja a una oficina amb el seu document d'identitat. Si ningú ho \
fa, el certificat es revoca per si sol, i una revocació no es pot desfer.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-reinstated": (
        "{organisation}: el seu certificat ja no està suspés",
        """\
Bon dia:

S'ha alçat la suspensió del seu certificat digital. Torna a valdre com abans.

    Número de sèrie: {serial}
    Alçada el: {changed_at}

Si no ha sigut vosté, telefone ara mateix al {phone} perquè es revoque.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "suspension-final": (
        "{organisation}: el seu certificat suspés s'ha revocat",
        """\
Bon dia:

Ningú ha alçat la suspensió del seu certificat digital en els set dies que hi havia per a això, i per això \
s'ha revocat. Compta com a revocat des que es va suspendre.

    Número de sèrie: {serial}
    Revocat des de: {revoked_at}

El que va firmar abans d'eixa data no es veu afectat. Una revocació no es pot desfer.

Si necessita un altre certificat, vaja a un punt de registre amb el seu document d'identitat. \
Pot buscar el més pròxim en {host}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "certificate-ends-after-registering": (
        "{organisation}: renove el seu certificat; abans, registre's amb ell",
        """\
Bon dia:

El seu certificat digital està a punt de caducar:

    Número de sèrie: {serial}
    Caduca: {ends}

Pot renovar-lo sense anar a una oficina, en dos passos. Primer entre en {host} amb este mateix certificat i \
registre's: es fa una sola vegada, i li demanarem un mòbil i un correu. Després accepte allí la renovació: \
la clau nova es crea en el seu dispositiu i les dades són les mateixes. El certificat d'ara servix fins que \
caduque.

Escriga vosté l'adreça: en els nostres missatges mai no hi ha enllaços. Quan haja caducat haurà d'anar a una \
oficina o demanar-ne un altre amb el seu DNI electrònic.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
    "identified-with-another-contact": (
        "{organisation}: un certificat al seu nom, amb altres dades de contacte",
        """\
Bon dia:

En una oficina han demanat un certificat digital al seu nom, amb un document d'identitat seu, i han donat un \
altre correu electrònic o un altre mòbil. El codi per a descarregar-lo s'envia allí. Este avís s'envia \
sempre a l'adreça que ja teníem.

Si ha sigut vosté, no ha de fer res.

Si no ha sigut vosté, telefone ara mateix al {phone}: retirarem la identificació i el codi deixarà de \
servir. Si el certificat ja s'ha descarregat, demane que es revoque en eixe telèfon o en qualsevol oficina, \
amb el seu document d'identitat.

El codi servix fins al dia {expires}.

{organisation}
Telèfon d'ajuda: {phone}
""",
    ),
}

REASONS = {
    "unspecified": "no s'ha indicat",
    "keyCompromise": "la clau privada s'ha perdut o la pot conéixer una altra persona",
    "affiliationChanged": "les dades del certificat han canviat",
    "superseded": "s'ha substituït per un altre certificat",
    "cessationOfOperation": "ja no es necessita",
    "privilegeWithdrawn": "s'ha comprovat que no s'havia d'haver emés o que s'ha usat indegudament",
    "cACompromise": "la clau de l'autoritat de certificació la pot conéixer una altra persona",
}

CHANGES = {
    "password-activated": "S'ha activat la seua contrasenya.",
    "password-changed": "S'ha canviat la seua contrasenya.",
    "password-recovered": "S'ha recuperat la seua contrasenya: ara és una altra.",
    "password-blocked": "La seua contrasenya està bloquejada per un temps: hi ha hagut cinc intents fallits "
    "o més.",
    "password-removed": "S'ha donat de baixa la seua contrasenya.",
    "activation-code-issued": "S'ha generat un nou codi d'activació; l'anterior ja no servix.",
    "activation-code-blocked": "El seu codi d'activació està bloquejat: hi ha hagut cinc intents fallits. "
    "Pot generar-ne un altre si entra amb un PIN o amb certificat.",
    "authenticator-added": "S'ha afegit una aplicació de codis al seu accés.",
    "authenticator-removed": "S'ha llevat l'aplicació de codis del seu accés.",
    "authenticator-blocked": "La seua aplicació de codis està bloquejada per un temps: hi va haver cinc "
    "codis erronis o més, d'algú que sap la seua contrasenya. Canvie-la.",
}

ROLES = {
    "registration-officer": "identificar les persones sol·licitants",
    "revocation-officer": "atendre les revocacions",
    "supervisor": "supervisar el registre",
}

DEADLINES = {
    "strong-proof": "La seua identificació en persona, amb DNI electrònic o per vídeo revisat.",
    "activation-code": "El seu codi d'activació.",
    "password": "La seua contrasenya.",
}
PROXY_ACTS = {
    "obtain": "algú va demanar en nom seu, amb un poder notarial, un certificat.",
    "collect-code": "algú va demanar amb un poder notarial un nou codi de generació seu.",
    "revoke": "algú va fer revocar amb un poder notarial un certificat seu.",
    "power-entered": "s'ha anotat un poder notarial que va atorgar. Es pot usar des d'ara.",
    "power-revoked": "ha acabat un poder notarial que va atorgar. Ja no permet res.",
    "power-suspended": "com va demanar, els seus poders no permeten res fins que acudisca a una oficina.",
    "power-confirmed": "va confirmar un poder notarial que estava suspés. Es pot usar de nou.",
}

MONTHS = (
    "de gener",
    "de febrer",
    "de març",
    "d'abril",
    "de maig",
    "de juny",
    "de juliol",
    "d'agost",
    "de setembre",
    "d'octubre",
    "de novembre",
    "de desembre",
)
DATE = "{day} {month} de {year}"
MOMENT = "{date}, {time} (hora peninsular)"
SHORT_DATE = "{day:02}/{number:02}/{year}"

SLIP = {
    "title": "Codi per a descarregar el seu certificat digital",
    "for": "Per a la persona amb NIF",
    "code": "El seu codi de generació",
    "case": "Distingix majúscules i minúscules. Els espais no en formen part. "
    "No conté mai el zero ni la lletra o, ni l'u, la i majúscula o l'ela minúscula.",
    "upper": "{sign} majúscula",
    "lower": "{sign} minúscula",
    "expires": "Pot usar-lo fins al dia",
    "how": "Com descarregar el certificat",
    "steps": (
        "Òbriga el navegador i escriga vosté esta adreça: {url}",
        "Escriga el codi. La clau privada es crea en el seu propi equip i ningú més la coneix.",
        "Si ha rebut per correu un codi de confirmació, tinga'l a mà.",
        "Guarde el certificat i una còpia de seguretat, protegits amb contrasenya.",
    ),
    "warnings_title": "Important",
    "warnings": (
        "No mostre ni done este codi a ningú. No li'l demanarem mai per telèfon, missatge ni correu.",
        "S'usa una sola vegada. Destruïsca este full després de la descàrrega.",
        "Si caduca o el perd, no es pot recuperar: haurà d'identificar-se de nou en un punt de registre.",
        "Si creu que l'ha vist una altra persona, telefone al {phone}.",
    ),
    "printed": "Imprés el dia {moment}",
}

RECEIPT = {
    "titles": {
        "registration": "Justificant de registre",
        "renewal": "Justificant de renovació del registre",
        "activation-code": "Nou codi d'activació",
        "change": "Justificant de modificació de dades",
        "renunciation": "Justificant de renúncia",
        "deregistration": "Justificant de baixa de la contrasenya",
        "payment": "Justificant de pagament",
    },
    "for": "Persona amb NIF",
    "date": "Data",
    "method": "Identificació",
    "methods": {
        "letter": "carta d'invitació (nivell bàsic)",
        "video-automatic": "vídeo, de manera automàtica (nivell bàsic)",
        "video-reviewed": "vídeo, revisat per personal públic (nivell avançat)",
        "certificate": "certificat electrònic (nivell avançat)",
        "e-id": "DNI electrònic (nivell avançat)",
        "in-person": "en una oficina, en persona (nivell avançat)",
    },
    "activation": "El seu codi d'activació",
    "keep": "Guarde'l en un lloc segur i no el compartisca. El necessitarà per a activar la contrasenya, "
    "i una altra vegada si algun dia l'oblida. Els anteriors ja no servixen.",
    "meaning": {
        "registration": "Queda inscrit en el registre amb les dades que ha facilitat.",
        "renewal": "El seu registre queda renovat per cinc anys.",
        "activation-code": "El codi anterior ha deixat de servir.",
        "change": "Les seues dades de contacte han canviat. També hem enviat un avís a les anteriors.",
        "renunciation": "El seu registre queda sense efecte. Per a tornar a registrar-se s'haurà "
        "d'identificar en persona o amb certificat electrònic.",
        "deregistration": "Ja no pot entrar amb contrasenya. El seu registre continua en vigor.",
        "payment": "Este pagament correspon a una sola compra i s'ha fet amb targeta. No és una factura.",
    },
    "details": {
        "product": "Producte",
        "amount": "Import pagat",
        "order": "Número de comanda",
        "paid_at": "Data del pagament",
    },
    "verify": "Qualsevol pot comprovar este document en {url} amb el codi segur de verificació:",
    "help": "Si no ha sigut vosté, o necessita ajuda, telefone al {phone}.",
}

RECEIPT_PAGE = {
    "heading": "Comprovar un justificant",
    "languages": "Idioma",
    "code": "Codi segur de verificació",
    "hint": "És al peu del justificant: 16 lletres i números. Els guions i les majúscules no importen.",
    "check": "Comprovar",
    "found": "Este codi és d'un justificant nostre",
    "hash": "SHA-256 del PDF",
    "compare": "Comprove que estes dades són les del document que té. Si li han donat el PDF, "
    "el seu SHA-256 ha de ser este.",
    "none": "Cap justificant té este codi",
    "again": "Revise el codi i torne a escriure'l. Si és el del document, el document no és nostre.",
}

LETTER = {
    "title": "Carta d'invitació al registre",
    "for": "Per a la persona amb NIF",
    "why": "S'ha demanat esta carta per a registrar-se en {organisation} i tramitar per internet. "
    "L'enviem només al domicili fiscal, perquè ningú puga registrar-se en nom seu.",
    "code": "El seu codi segur de verificació (CSV)",
    "expires": "Pot usar-lo, una sola vegada, fins al dia",
    "how": "Com registrar-se",
    "steps": (
        "Òbriga el navegador i escriga vosté esta adreça: {url}",
        "Trie «Ja tinc una carta». Escriga el seu DNI o NIE, la dada de contrast del document i el codi.",
        "Done el seu telèfon mòbil i el seu correu electrònic, llija les condicions i accepte-les.",
        "Guarde el justificant de registre: conté el seu codi d'activació.",
    ),
    "warnings": (
        "No mostre ni done este codi a ningú. No li'l demanarem mai per telèfon, missatge ni correu.",
        "Si demana una altra carta, esta deixa de servir. Després de cinc intents fallits, també.",
        "Si no ha demanat esta carta, destruïsca-la: sense el seu document d'identitat no servix a ningú. "
        "Dubtes: {phone}.",
    ),
}

VIDEO_REASONS = {
    "document-unreadable": "no es llig bé el document",
    "document-not-valid": "el document no està en vigor o no s'aprecien les seues mesures de seguretat",
    "face-not-matching": "la cara del vídeo no s'assembla prou a la del document",
    "liveness-doubtful": "no es pot assegurar que el vídeo siga d'una persona present",
    "data-not-matching": "les dades no coincidixen amb les del document",
    "number-taken": "el mòbil que va indicar està registrat a nom d'una altra persona; use un altre número",
}

PRODUCTS = {
    "certificate-in-person": "certificat, amb identificació en una oficina",
    "certificate-online": "certificat, demanat en l'àrea personal",
    "certificate-video": "certificat, amb identificació per vídeo",
    "card": "targeta criptogràfica",
    "card-reader": "lector de targetes",
}

PAYMENT_RETURNS = {
    "done": (
        "Pagament enviat",
        "Torne a la pàgina des de la qual ha pagat. Si el banc l'ha autoritzat, ho veurà allí en un moment, "
        "i li escriurem.",
    ),
    "not-done": (
        "No s'ha pagat",
        "Torne a la pàgina des de la qual volia pagar: allí pot tornar a intentar-ho. Si el banc no ho ha "
        "autoritzat, no es cobra.",
    ),
}

RETURN_REASONS = {
    "address-unknown": "l'adreça és desconeguda o incompleta",
    "not-collected": "ningú la va arreplegar a temps",
    "sent-back": "vosté l'ha tornada",
}
