from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config.kernel import clients, clock
from config.kernel.clients import (
    ApiClient,
    ApiToken,
    ClientNameTaken,
    TokenRefused,
    UnknownScope,
    authenticate,
)
from config.kernel.errors import InvalidInput, NotFound

pytestmark = pytest.mark.django_db


def create(now, **fields):
    return clients.create_client(**{"name": "shop", "scopes": ["stock:read"], "now": now, **fields})


def test_makes_a_client_with_a_token(now):
    client, token = create(now, scopes=["stock:write", "stock:read", "stock:read"])

    stored = ApiToken.objects.get()
    assert client.scopes == ["stock:read", "stock:write"]
    assert client.rate_limit_per_minute == 6000
    assert stored.expires_at == now + timedelta(days=365)
    assert token.startswith(stored.prefix)
    assert token not in str(ApiToken.objects.values())
    assert authenticate(token, now) == client


def test_refuses_an_unknown_scope(now):
    with pytest.raises(UnknownScope, match="stock:eat"):
        create(now, scopes=["stock:read", "stock:eat"])

    assert ApiClient.objects.count() == 0


def test_refuses_a_name_that_is_taken(now):
    create(now)

    with pytest.raises(ClientNameTaken):
        create(now)

    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("fields", [{"name": " "}, {"name": "x" * 101}, {"days": 0}])
def test_refuses_nonsense(now, fields):
    with pytest.raises(InvalidInput):
        create(now, **fields)

    assert ApiClient.objects.count() == 0


def test_refuses_a_token_after_its_end(now):
    _, token = create(now, days=1)

    assert authenticate(token, now + timedelta(hours=23))
    with pytest.raises(TokenRefused):
        authenticate(token, now + timedelta(days=1))


def test_refuses_a_revoked_token_and_keeps_the_first_end(now):
    client, token = create(now)
    _, other = clients.create_token(client_id=client.pk, now=now)
    token_id = ApiToken.objects.order_by("pk")[0].pk

    clients.revoke_token(token_id=token_id, now=now)
    clients.revoke_token(token_id=token_id, now=now + timedelta(days=1))

    with pytest.raises(TokenRefused):
        authenticate(token, now)
    assert authenticate(other, now) == client
    assert ApiToken.objects.get(pk=token_id).revoked_at == now


def test_refuses_to_revoke_what_is_not_there(now):
    with pytest.raises(NotFound):
        clients.revoke_token(token_id=1, now=now)


def test_refuses_a_token_of_nobody(now):
    with pytest.raises(TokenRefused):
        authenticate("brm_nothing\udcff", now)


def test_notes_its_use_at_most_once_a_minute(now):
    _, token = create(now)

    authenticate(token, now)
    authenticate(token, now + timedelta(seconds=59))
    assert ApiToken.objects.get().last_used_at == now

    authenticate(token, now + timedelta(seconds=60))
    assert ApiToken.objects.get().last_used_at == now + timedelta(seconds=60)


def command(*arguments):
    out = StringIO()
    call_command("create_api_client", *arguments, stdout=out)
    return out.getvalue()


def test_command_prints_the_token_alone():
    printed = command("pos", "--scope", "stock:read", "--scope", "catalog:read")

    assert len(printed.split()) == 1
    client = authenticate(printed.strip(), clock.now())
    assert client.name == "pos"
    assert client.scopes == ["catalog:read", "stock:read"]


def test_command_names_an_unknown_scope():
    with pytest.raises(CommandError, match="Unknown scope: stock:eat"):
        command("pos", "--scope", "stock:eat")

    assert ApiClient.objects.count() == 0


def test_command_refuses_a_name_that_is_taken():
    command("pos", "--scope", "stock:read")

    with pytest.raises(CommandError, match="called pos already"):
        command("pos", "--scope", "stock:read")
