"""The catalogue and the law tell uses and forms of cosmetics apart by the same words."""

from catalog.products.models import BodyArea, Form, ProductType, Purpose
from compliance.rulebooks.rules import shapes


def test_the_catalogue_offers_every_purpose_the_law_knows_and_no_other():
    assert set(Purpose.values) == set(shapes.Purpose)


def test_the_catalogue_offers_every_form_the_law_knows_and_no_other():
    assert set(Form.values) == set(shapes.Form)


def test_every_purpose_is_meant_for_body_areas_of_the_catalogue():
    known = set(BodyArea.values)

    assert {area for areas in shapes.PURPOSE_AREAS.values() for area in areas} <= known


def test_product_types_are_the_two_that_limits_are_written_for():
    assert set(ProductType.values) == {"leave-on", "rinse-off"}
