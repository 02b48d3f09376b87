"""The demo's products go the road of every product: names and rules, papers, judgement."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from catalog.products.selectors import VariantRef
from compliance.assessments.services import judge
from compliance.rulebooks.services import load_rulebooks
from compliance.substances.services import load_common_substances
from config.demo.loading.dossiers import add_dossiers


def load_law(*, now: datetime) -> None:
    """The rulebooks that come with the product, and the names that it brings."""
    load_common_substances(now=now)
    load_rulebooks(now=now)


def judge_products(variants: Mapping[str, VariantRef], *, now: datetime) -> None:
    """Put papers on file and have every product judged by them."""
    add_dossiers(variants, now=now)
    judge(product_ids=_products(variants.values()), now=now)


def _products(variants: Iterable[VariantRef]) -> list[int]:
    return sorted({variant.product_id for variant in variants})
