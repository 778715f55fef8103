"""No code, password or secret of a log-in lies readable in any table (6.1, 6.5)."""

from __future__ import annotations

import base64

from tests.journeys.test_account import log_in
from tests.support.citizens import PASSWORD, register
from tests.support.moto_state import every_item
from tests.support.world import World


def test_whoever_reads_the_tables_logs_in_as_nobody(authority: World) -> None:
    person = register(authority)
    assert person.activate().status == 204
    client = log_in(authority, "certificate", nif=person.nif)
    secret = client.post("/v1/me/authenticator").json["secret"]
    pin = person.log_in_with_pin()
    person.ask_pin()
    code = person.activation_code.replace(" ", "")
    secrets = {
        "activation code": code,
        "password": PASSWORD,
        "authenticator": secret,
        "authenticator, in hexadecimal": base64.b32decode(secret).hex(),
        "session": client.token,
        "session of a PIN": pin.token,
    }
    rows = every_item(authority.cloud)
    assert len(rows) > 20
    for name, value in secrets.items():
        assert value
        assert not [table for table, text in rows if value in text], name
    # Six digits occur by chance: where the PIN's own row is, they do not.
    own = [text for table, text in rows if table == "codes" and "'pin#" in text]
    assert own
    assert not [text for text in own if f"'{person.code()}'" in text]
