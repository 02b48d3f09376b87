"""Partners from a file."""

from import_export.fields import Field

from catalog.partners.models import Partner
from config.kernel.imports import MasterDataResource, YesNo, imports


@imports(Partner)
class PartnerResource(MasterDataResource):
    """Partners, found by their code."""

    is_supplier = Field("is_supplier", "is_supplier", widget=YesNo())
    is_brand_owner = Field("is_brand_owner", "is_brand_owner", widget=YesNo())
    is_warehouse_operator = Field("is_warehouse_operator", "is_warehouse_operator", widget=YesNo())

    class Meta:
        model = Partner
        import_id_fields = ["code"]
        fields = [
            "code",
            "name",
            "is_supplier",
            "is_brand_owner",
            "is_warehouse_operator",
            "gln",
            "email",
            "country",
            "currency",
        ]
