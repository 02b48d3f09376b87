"""Reads of substances: the vocabulary of this process, and who is meant by a number or a name."""

from collections.abc import Collection, Mapping
from threading import Lock

from django.db import transaction
from django.db.models import QuerySet

from catalog.products.models import CosmeticProduct
from compliance.substances.models import (
    NameAnswer,
    NameKind,
    NamesStamp,
    NumberKind,
    Substance,
    SubstanceName,
    SubstanceNumber,
    UnknownName,
)
from compliance.substances.rules.shapes import SubstanceRef
from compliance.substances.rules.vocabulary import Vocabulary

STAMP_ID = 1
PRODUCTS_SHOWN_MAX = 5

_kept: tuple[str, Vocabulary] | None = None
_making = Lock()


def names_stamp() -> str:
    """Another value after every change of substances, their names or the answers about names."""
    return NamesStamp.objects.filter(pk=STAMP_ID).values_list("value", flat=True).first() or ""


def vocabulary() -> Vocabulary:
    """Every known name, kept in this process until any process changes one."""
    global _kept
    stamp = names_stamp()
    kept = _kept
    if kept is not None and kept[0] == stamp:
        return kept[1]
    with _making:
        if _kept is None or _kept[0] != stamp:
            _kept = _made()
        return _kept[1]


def _made() -> tuple[str, Vocabulary]:
    """The vocabulary with the stamp that it was read under: at worst it is made once too often."""
    with transaction.atomic():
        stamp = names_stamp()
        names = SubstanceName.objects.values_list("key", "substance_id", "kind")
        inci: dict[str, int] = {}
        others: dict[str, int] = {}
        for key, substance_id, kind in names.iterator(chunk_size=5_000):
            (inci if kind == NameKind.INCI else others)[key] = substance_id
        answers = dict(NameAnswer.objects.values_list("key", "substance_id"))
        made = Vocabulary(_references(), inci=inci, synonyms=others, answers=answers)
    return stamp, made


def _references() -> list[SubstanceRef]:
    numbers: dict[int, dict[str, list[str]]] = {}
    rows = SubstanceNumber.objects.order_by("id").values_list("substance_id", "kind", "value")
    for substance_id, kind, value in rows.iterator(chunk_size=5_000):
        numbers.setdefault(substance_id, {}).setdefault(kind, []).append(value)
    nothing: Mapping[str, list[str]] = {}
    return [
        SubstanceRef(
            id=substance_id,
            inci_name=name,
            cas_numbers=tuple(numbers.get(substance_id, nothing).get(NumberKind.CAS, ())),
            ec_numbers=tuple(numbers.get(substance_id, nothing).get(NumberKind.EC, ())),
            functions=tuple(functions),
        )
        for substance_id, name, functions in Substance.objects.values_list(
            "id", "inci_name", "functions"
        ).iterator(chunk_size=5_000)
    ]


def open_names() -> QuerySet[UnknownName]:
    """The work list: printed names that wait for a person."""
    return UnknownName.objects.filter(settled_at=None)


def open_names_count(most: int = 1_000) -> int:
    """How many wait, counted up to a number."""
    return open_names()[:most].count()


def products_naming(text: str) -> list[CosmeticProduct]:
    """Some products whose ingredient list holds this printed name, oldest first."""
    products = CosmeticProduct.objects.filter(ingredients__icontains=text).order_by("id")
    return list(products[:PRODUCTS_SHOWN_MAX])


def substances_by_id(ids: Collection[int]) -> dict[int, Substance]:
    """These substances, those that are there."""
    return Substance.objects.in_bulk(list(ids))
