"""Products as the rules of judging want them, many in few queries."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from catalog.products.models import CosmeticProduct, Product
from catalog.products.selectors import kinds_by_content_type
from compliance.assessments.models import Evidence, FormulaLine
from compliance.assessments.rules.subjects import Amount, Subject
from compliance.dossiers.rules.papers import Certificate
from compliance.dossiers.selectors import certificates_of, safety_reports
from compliance.rulebooks.rules.shapes import Facts
from compliance.substances.rules.lists import parse_list
from compliance.substances.rules.shapes import Ingredient, Understood
from compliance.substances.rules.vocabulary import Vocabulary

FACTS = (
    "ingredients",
    "product_type",
    "purpose",
    "body_area",
    "form",
    "is_for_under_threes",
    "is_professional",
    "label_text",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedProduct:
    """A product to be judged; what is not a cosmetic has no subject."""

    id: int
    name: str
    kind: str
    updated_at: datetime
    subject: Subject | None
    certificates: tuple[Certificate, ...] = ()
    safety_reports: Mapping[str, date] = field(default_factory=dict)

    @property
    def evidence(self) -> Evidence:
        """What a judgement of it stands on."""
        if self.subject is None:
            return Evidence.CERTIFICATES if self.certificates else Evidence.NOTHING
        if self.subject.formula:
            return Evidence.FORMULA
        return Evidence.LABEL if self.subject.label else Evidence.NOTHING

    def inputs_hash(self) -> str:
        """A digest of all that is known of the product; rules and day are beside it."""
        inputs = {
            "subject": asdict(self.subject) if self.subject else None,
            "certificates": [asdict(own) for own in self.certificates],
            "safety_reports": sorted(self.safety_reports.items()),
        }
        text = json.dumps(inputs, default=_plain, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> str:
    assert isinstance(value, Decimal | date), f"{value!r} is not expected here"
    return str(value)


def judged_products(
    product_ids: Collection[int], names: Vocabulary, on: date
) -> list[JudgedProduct]:
    """These products with facts, lists, formulas and papers; bundles and unknown ones are missing.

    A constant number of queries. Products come in the order of their keys.
    """
    kinds = kinds_by_content_type()
    rows = [
        (pk, name, kinds.get(kind or 0, ""), updated_at)
        for pk, name, kind, updated_at in Product.objects.non_polymorphic()
        .filter(pk__in=product_ids)
        .order_by("pk")
        .values_list("pk", "name", "polymorphic_ctype_id", "updated_at")
    ]
    subjects = _subjects(product_ids, names)
    certificates = certificates_of(product_ids, on=on)
    reports = safety_reports(product_ids, on=on)
    return [
        JudgedProduct(
            id=pk,
            name=name,
            kind=kind,
            updated_at=updated_at,
            subject=subjects.get(pk),
            certificates=tuple(certificates.get(pk, ())),
            safety_reports=reports.get(pk, {}),
        )
        for pk, name, kind, updated_at in rows
        if kind != "bundle"
    ]


def _subjects(product_ids: Collection[int], names: Vocabulary) -> dict[int, Subject]:
    lines: dict[int, list[FormulaLine]] = defaultdict(list)
    for line in FormulaLine.objects.filter(product__in=product_ids).order_by("product", "position"):
        lines[line.product_id].append(line)
    found = {}
    rows = CosmeticProduct.objects.non_polymorphic().filter(pk__in=product_ids)
    for row in rows.values("pk", *FACTS):
        found[row["pk"]] = subject_of(row, names, lines[row["pk"]])
    return found


def subject_of(
    facts: Mapping[str, Any], names: Vocabulary, formula: Collection[FormulaLine] = ()
) -> Subject:
    """A cosmetic by its facts, as the product's columns are called."""
    parsed = parse_list(facts["ingredients"]) if facts["ingredients"].strip() else None
    return Subject(
        facts=Facts(
            product_type=facts["product_type"],
            purpose=facts["purpose"],
            body_area=facts["body_area"],
            form=facts["form"],
            is_for_under_threes=facts["is_for_under_threes"],
            is_professional=facts["is_professional"],
        ),
        label=names.understand(parsed.ingredients) if parsed else (),
        problems=parsed.problems if parsed else (),
        formula=tuple(_amount(line, names) for line in formula),
        label_text=facts["label_text"],
    )


def _amount(line: FormulaLine, names: Vocabulary) -> Amount:
    parsed = parse_list(line.name).ingredients
    ingredient = Ingredient(text=line.name, name=line.name, position=line.position)
    if len(parsed) == 1:  # a name as it may stand on a label: with (nano), in parentheses
        ingredient = replace(ingredient, name=parsed[0].name, is_nano=parsed[0].is_nano)
    substance, match = names.find(ingredient)
    return Amount(
        understood=Understood(ingredient=ingredient, substance=substance, match=match),
        percent_min=line.percent_min,
        percent_max=line.percent_max,
    )
