"""Who answers for a product in a jurisdiction, and under which number it is notified."""

from django.db import transaction

from catalog.products.models import Product
from compliance.dossiers.errors import InvalidDossier
from compliance.dossiers.gates import documents_changed
from compliance.dossiers.models import Dossier, ResponsiblePerson
from compliance.dossiers.services.documents import check_jurisdiction
from config.kernel.errors import NotFound
from config.kernel.validation import save_checked


@transaction.atomic
def responsible_person(
    *, name: str, address: str, country: str, email: str = "", reason: str = ""
) -> ResponsiblePerson:
    """The responsible person of this name and country; made, or given this address.

    Raises InvalidDossier.
    """
    found = ResponsiblePerson.objects.filter(name=name, country=country).first()
    person = found or ResponsiblePerson(name=name, country=country)
    if found and (found.address, found.email) == (address, email):
        return found
    person.address, person.email = address, email
    save_checked(person, reason=reason, error=InvalidDossier)
    return person


@transaction.atomic
def set_dossier(
    *,
    product_id: int,
    jurisdiction: str,
    responsible_person_id: int | None = None,
    cpnp_number: str = "",
    notes: str = "",
    reason: str = "",
) -> Dossier:
    """Set what is known of a product in a jurisdiction; the product may be judged again.

    Raises NotFound (no such product or person), InvalidDossier (a jurisdiction we do not know, a
    CPNP number that is none).
    """
    check_jurisdiction(jurisdiction, InvalidDossier)
    if not Product.objects.filter(pk=product_id).exists():
        raise NotFound(f"There is no product {product_id}.")
    if (
        responsible_person_id
        and not ResponsiblePerson.objects.filter(pk=responsible_person_id).exists()
    ):
        raise NotFound(f"There is no responsible person {responsible_person_id}.")
    dossier = Dossier.objects.filter(
        product_id=product_id, jurisdiction=jurisdiction
    ).first() or Dossier(product_id=product_id, jurisdiction=jurisdiction)
    dossier.responsible_person_id = responsible_person_id
    dossier.cpnp_number, dossier.notes = cpnp_number.strip(), notes
    save_checked(dossier, reason=reason, error=InvalidDossier)
    documents_changed.all([product_id])
    return dossier
