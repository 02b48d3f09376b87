"""Substances for tests, as the services make them."""

from datetime import UTC, datetime

from compliance.substances import services
from compliance.substances.models import Substance

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
LATER = datetime(2026, 11, 2, 9, tzinfo=UTC)

HEADING = "inci_name,cas_number,einecs_number,function\n"
INVENTORY = (
    HEADING + "GLYCERIN,56-81-5,200-289-5,Humectant\n"
    'CAPRYLIC/CAPRIC TRIGLYCERIDE,73398-61-5 / 65381-09-1,,"Emollient, Solvent"\n'
    '"1,2-HEXANEDIOL",6920-22-5,230-029-6,Solvent\n'
)


def imported(text: str = INVENTORY, *, apply: bool = True) -> services.ImportReport:
    """An inventory taken over."""
    return services.import_substances(data=text.encode(), now=NOW, apply=apply)


def substance(name: str) -> Substance:
    """A substance of this INCI name, added if it is missing."""
    services.ensure_substances(names=[name], now=NOW)
    return Substance.objects.get(names__name=name)
