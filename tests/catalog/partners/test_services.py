import pytest

from catalog.models import Partner
from catalog.partners.services import add_partner
from config.kernel.errors import InvalidInput

pytestmark = pytest.mark.django_db


def test_a_partner_is_added_in_its_roles():
    partner = add_partner(
        code="LUMEN", name="Lumen", is_supplier=True, gln="4099999000012", email="a@lumen.example"
    )

    assert (partner.is_supplier, partner.is_brand_owner, partner.currency) == (True, False, "EUR")
    assert partner.history.count() == 1


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [({"gln": "4099999000013"}, "/gln"), ({"code": "lumen"}, "/code"), ({"email": "x"}, "/email")],
)
def test_a_wrong_field_is_named_and_nobody_is_added(wrong, pointer):
    with pytest.raises(InvalidInput) as refusal:
        add_partner(**{"code": "LUMEN", "name": "Lumen", **wrong})

    assert [error.pointer for error in refusal.value.errors] == [pointer]
    assert not Partner.objects.exists()
