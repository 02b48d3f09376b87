"""Brands from a file."""

from typing import Any

from import_export.fields import Field

from catalog.partners.models import Partner
from catalog.products.models import Brand
from catalog.products.services import mark_brand_changed
from config.kernel.imports import ByCode, MasterDataResource, imports


@imports(Brand)
class BrandResource(MasterDataResource):
    """Brands with the codes of their owners; a name is the same in capitals."""

    owner = Field("owner", "owner", widget=ByCode(Partner))

    class Meta:
        model = Brand
        import_id_fields = ["name"]
        fields = ["name", "owner"]

    def get_instance(self, instance_loader: Any, row: dict[str, str]) -> Brand | None:
        """The brand of this name."""
        found = Brand.objects.filter(name__iexact=row.get("name", "")).order_by("pk").first()
        self._name_before = found.name if found is not None else None
        return found

    def after_save_instance(self, instance: Brand, row: dict[str, str], **kwargs: Any) -> None:
        """Its products are shown with its name."""
        if self._name_before not in (None, instance.name):
            mark_brand_changed(brand_id=instance.pk)
