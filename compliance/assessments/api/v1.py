"""GET /compliance/assessments: may this be sold there, why not, and what was found."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.markets.selectors import market_by_code
from catalog.products.errors import UnknownProduct
from catalog.products.selectors import resolve_codes
from compliance.assessments.models import Clearance, Evidence, SeverityChoice, Status
from compliance.assessments.selectors.answers import clearance_of
from compliance.assessments.selectors.clearances import why_not_cleared
from config.kernel import clock
from config.kernel.api import QueryInvalid, read_query
from config.kernel.errors import FieldError


class AssessmentQuerySerializer(serializers.Serializer[Any]):
    """Which product, by any of its SKUs, and where."""

    sku = serializers.CharField(max_length=100, help_text="A SKU of ours, or one it had before.")
    market = serializers.CharField(max_length=10, help_text="Such as DE.")


class ReasonSerializer(serializers.Serializer[Any]):
    """Why it may not be sold: a stable word and a sentence."""

    code = serializers.CharField()
    detail = serializers.CharField()


class ClearanceSerializer(serializers.Serializer[Any]):
    """The leave to sell the product in the market."""

    status = serializers.ChoiceField(Status.values)
    off_sale_at = serializers.DateTimeField(
        allow_null=True, help_text="From then on it is off sale; null: it is on sale."
    )
    waived_until = serializers.DateField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_how = serializers.ChoiceField(["machine", "policy", "person"])
    reason = serializers.CharField()


class IngredientSerializer(serializers.Serializer[Any]):
    """An entry of the printed list, and what was understood of it."""

    text = serializers.CharField()
    substance = serializers.IntegerField(allow_null=True)
    inci_name = serializers.CharField(allow_null=True)
    cas_number = serializers.CharField(allow_null=True)
    match = serializers.CharField()


class FindingSerializer(serializers.Serializer[Any]):
    """One finding, with the law it stands on."""

    severity = serializers.ChoiceField(["block", "warn", "info"])
    code = serializers.CharField()
    ingredient = serializers.CharField()
    reference = serializers.CharField()
    url = serializers.CharField()
    evidence = serializers.CharField()
    message = serializers.CharField()
    asks = serializers.CharField(help_text="What would settle it.")
    from_date = serializers.DateField(
        allow_null=True, help_text="The day on which it becomes what `later` says."
    )
    later = serializers.ChoiceField(["block", "warn", "info"], allow_null=True)


class AssessmentSerializer(serializers.Serializer[Any]):
    """The latest judgement of a product for a market; nulls where there is none yet."""

    sku = serializers.CharField()
    market = serializers.CharField()
    sellable = serializers.BooleanField(
        allow_null=True,
        help_text="Whether compliance lets it be sold now; null for a bundle: ask its components.",
    )
    sellable_reasons = ReasonSerializer(many=True)
    clearance = ClearanceSerializer(allow_null=True)
    severity = serializers.ChoiceField(SeverityChoice.values, allow_null=True)
    evidence = serializers.ChoiceField(Evidence.values, allow_null=True)
    rulebook_versions = serializers.ListField(child=serializers.CharField())
    date = serializers.DateField(allow_null=True, help_text="The day it was judged for.")
    ingredients = IngredientSerializer(many=True)
    findings = FindingSerializer(many=True)


class AssessmentsView(APIView):
    """What compliance says of a product."""

    scope = "catalog:read"

    @extend_schema(
        operation_id="compliance_assessments",
        parameters=[AssessmentQuerySerializer],
        responses=AssessmentSerializer,
    )
    def get(self, request: Request) -> Response:
        """Clearance and findings of a product in a market, with the versions of the rules.

        A bundle has no judgement of its own: its components have.
        """
        asked = read_query(request, AssessmentQuerySerializer)
        market = market_by_code(asked["market"])
        if market is None:
            detail = f'There is no market "{asked["market"]}".'
            raise QueryInvalid(detail, errors=[FieldError("/market", "unknown-market", detail)])
        variant = resolve_codes(skus=[asked["sku"]]).get(asked["sku"])
        if variant is None:
            detail = f'Nothing of ours is called "{asked["sku"]}".'
            raise UnknownProduct(detail, errors=[FieldError("/sku", UnknownProduct.code, detail)])
        found = clearance_of(variant.product_id, market.pk)
        reasons = (
            ()
            if variant.is_bundle
            else why_not_cleared([variant.product_id], market.pk, clock.now()).get(
                variant.product_id, ()
            )
        )
        head = {
            "sku": variant.sku,
            "market": market.code,
            "sellable": None if variant.is_bundle else not reasons,
            "sellable_reasons": [{"code": own.code, "detail": own.detail} for own in reasons],
        }
        return Response(AssessmentSerializer(head | _shown(found)).data)


def _shown(found: Clearance | None) -> dict[str, Any]:
    judged = found.assessment if found is not None else None
    return {
        "clearance": found,
        "severity": judged.severity if judged else None,
        "evidence": judged.evidence if judged else None,
        "rulebook_versions": judged.rulebook_versions if judged else [],
        "date": judged.on_date if judged else None,
        "ingredients": judged.ingredients if judged else [],
        "findings": judged.findings if judged else [],
    }
