"""Whom the demo deals with, where it sells, and where its goods lie."""

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

from catalog.markets.services import open_channel, open_market
from catalog.partners.services import add_partner
from config.demo.content.places import BINS, CHANNELS, MARKETS, PARTNERS, WAREHOUSES
from inventory.warehouses.selectors import usable_locations
from inventory.warehouses.services import open_warehouse, serve_market


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A warehouse with its places by their codes, the one where goods come in first."""

    id: int
    time_zone: str
    places: Mapping[str, int]

    @property
    def dock(self) -> int:
        """Where goods come in."""
        return next(iter(self.places.values()))

    def bin_for(self, goods: str) -> int:
        """Where goods of this name are kept: always the same place."""
        bins = [code for code in BINS if code in self.places] or list(self.places)
        return self.places[bins[crc32(goods.encode()) % len(bins)]]


def add_partners() -> dict[str, int]:
    """The partners' keys by their codes."""
    return {
        partner.code: add_partner(
            code=partner.code,
            name=partner.name,
            is_supplier=partner.kind == "supplier",
            is_brand_owner=partner.kind == "brand-owner",
            is_warehouse_operator=partner.kind == "warehouse-operator",
            gln=partner.gln,
            email=partner.email,
            country=partner.country,
        ).pk
        for partner in PARTNERS
    }


def open_sites(partners: Mapping[str, int]) -> dict[str, Site]:
    """Open markets, channels and warehouses; the warehouses by their codes."""
    sites = {}
    for spec in WAREHOUSES:
        bins = [place.code for place in spec.locations if place.kind == "storage"]
        warehouse = open_warehouse(
            code=spec.code,
            name=spec.name,
            time_zone=spec.time_zone,
            bins=bins,
            has_dock=any(place.kind == "dock" for place in spec.locations),
            operator_id=partners[spec.operator],
        )
        places = {place.code: place.pk for place in usable_locations(warehouse.pk)}
        sites[spec.code] = Site(id=warehouse.pk, time_zone=spec.time_zone, places=places)
    for market in MARKETS:
        opened = open_market(
            code=market.code,
            name=market.name,
            country=market.country,
            region=market.region,
            currency=market.currency,
            languages=market.languages,
            time_zone=market.time_zone,
            tax_included=market.tax_included,
        )
        positions = {sites[code].id: n for n, code in enumerate(market.warehouses, start=1)}
        serve_market(market_id=opened.pk, positions=positions)
    for channel in CHANNELS:
        open_channel(
            code=channel.code, name=channel.name, remaining_days_min=channel.remaining_days_min
        )
    return sites
