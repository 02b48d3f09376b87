"""What the law says of a cosmetic: certainly unlawful, lawful only if, nothing to do."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.assessments.rules.assessing import assess, next_change
from compliance.assessments.rules.findings import Severity
from compliance.assessments.rules.shares import ShareSource, shares_of_list
from compliance.rulebooks.rules.shapes import (
    Duty,
    EntryKind,
    Facts,
    LabelWarning,
    Provision,
    Scope,
)
from compliance.substances.rules.shapes import Ingredient, MatchKind
from tests.compliance.assessments.law import (
    LEAVE_ON,
    RINSE_OFF,
    TODAY,
    Names,
    amount,
    cosmetic,
    entry,
    law,
    limit,
    printed,
    scope,
)


def found(subject, rules, on=TODAY):
    """Severity and code of each finding."""
    return [(own.severity.value, own.code) for own in assess(subject, rules, on)]


def test_a_prohibited_substance_blocks_and_names_its_entry():
    rules, names = law(entry(1, "Chloroacetamide", EntryKind.PROHIBITED))

    (block,) = assess(cosmetic(printed(names, "Aqua", "Chloroacetamide")), rules, TODAY)

    assert (block.severity, block.code) == (Severity.BLOCK, "prohibited")
    assert block.reference == "Annex II, entry 1"
    assert block.message == "Chloroacetamide: prohibited in cosmetic products."
    assert block.ingredient == "Chloroacetamide"


@pytest.mark.parametrize("match", [MatchKind.PART, MatchKind.SPELLING])
def test_a_name_that_is_not_sure_does_not_block(match):
    rules, names = law(entry(1, "Chloroacetamide", EntryKind.PROHIBITED))

    (warning,) = assess(cosmetic(printed(names, "Chloroacetamide", match=match)), rules, TODAY)

    assert warning.severity == Severity.WARN
    assert warning.asks == 'whether "Chloroacetamide" is Chloroacetamide'


def test_what_is_prohibited_in_other_products_is_met_and_nothing_more():
    hair_dye = entry(
        1, "HC Red", EntryKind.PROHIBITED, scope=Scope(purposes=frozenset({"hair_dye"}))
    )
    rules, names = law(hair_dye)

    cream = cosmetic(printed(names, "HC Red"), Facts(product_type="leave-on", body_area="face"))

    assert found(cream, rules) == [("info", "other-products")]


def test_an_exception_that_only_a_person_can_settle_asks():
    rules, names = law(
        entry(1, "Petrolatum", EntryKind.PROHIBITED, unless="except if the history is known")
    )
    label = printed(names, "Petrolatum")

    assert found(cosmetic(label), rules) == [("warn", "prohibited-unless")]
    report = cosmetic(label, safety_report_until=date(2027, 1, 1))
    assert found(report, rules) == [("info", "prohibited-unless")]
    lapsed = cosmetic(label, safety_report_until=date(2026, 10, 31))
    assert found(lapsed, rules) == [("warn", "prohibited-unless")]


def test_no_paper_settles_what_is_certainly_unlawful():
    rules, names = law(entry(1, "Lead", EntryKind.PROHIBITED))

    lead = cosmetic(printed(names, "Lead"), safety_report_until=date(2030, 1, 1))

    assert found(lead, rules) == [("block", "prohibited")]


ACID = entry(
    98,
    "Salicylic Acid",
    limits=(
        limit("3", scope(product_types="rinse-off")),
        limit("2", scope(product_types="leave-on")),
    ),
)


@pytest.mark.parametrize(
    ("facts", "low", "high", "says"),
    [
        (LEAVE_ON, "2", None, ("info", "within-limit")),
        (LEAVE_ON, "2.0000001", None, ("block", "over-limit")),
        (RINSE_OFF, "2.5", None, ("info", "within-limit")),
        (LEAVE_ON, "1", "2.5", ("warn", "limit-not-shown")),
        (LEAVE_ON, "2.1", "2.5", ("block", "over-limit")),
    ],
)
def test_a_formula_tells_whether_a_limit_is_kept(facts, low, high, says):
    rules, names = law(ACID)
    subject = cosmetic(formula=(amount(names, "Salicylic Acid", low, high),), facts=facts)

    assert found(subject, rules) == [says]


def test_lines_of_one_substance_count_together():
    rules, names = law(ACID)
    twice = (amount(names, "Salicylic Acid", "1.5"), amount(names, "Salicylic Acid", "1"))

    assert found(cosmetic(formula=twice), rules) == [("block", "over-limit")]


def test_a_share_that_counts_otherwise_than_the_limit_does_not_block():
    as_acid = entry(1, "Sodium Benzoate", limits=(limit("0.5", basis="as acid"),))
    rules, names = law(as_acid)

    over = cosmetic(formula=(amount(names, "Sodium Benzoate", "0.55"),))
    below = cosmetic(formula=(amount(names, "Sodium Benzoate", "0.5"),))

    assert found(over, rules) == [("warn", "over-limit")]
    assert found(below, rules) == [("info", "within-limit")]


def test_a_limit_that_was_not_read_for_sure_never_blocks():
    unsure = entry(1, "Zinc Salt", limits=(limit("1", is_certain=False),))
    rules, names = law(unsure)

    assert found(cosmetic(formula=(amount(names, "Zinc Salt", "5"),)), rules) == [
        ("warn", "over-limit")
    ]


def test_the_order_of_a_list_settles_a_limit():
    rules, names = law(entry(1, "Urea", limits=(limit("10"),)))
    fillers = [f"Filler {number}" for number in range(9)]

    tenth = cosmetic(printed(names, *fillers, "Urea"))
    second = cosmetic(printed(names, "Filler 0", "Urea"))

    assert found(tenth, rules) == [("info", "within-limit")]
    assert found(second, rules) == [("warn", "limit-not-shown")]


def test_what_follows_an_ingredient_of_one_percent_is_below_one_percent():
    rules, names = law(
        entry(1, "Phenoxyethanol", EntryKind.PRESERVATIVE, limits=(limit("1"),)),
        entry(2, "Retinal", limits=(limit("1"),)),
    )

    after = cosmetic(printed(names, "Aqua", "Phenoxyethanol", "Retinal"))
    before = cosmetic(printed(names, "Aqua", "Retinal", "Phenoxyethanol"))

    assert found(after, rules) == [("info", "limit-not-shown"), ("info", "within-limit")]
    assert found(before, rules)[0] == ("warn", "limit-not-shown")


def test_printed_shares_leave_less_for_the_others():
    rules, names = law(entry(1, "Triethanolamine", limits=(limit("2.5"),)))
    label = printed(
        names, "Snail", "Wax", "Alcohol", "Acid", "Triethanolamine", percent={"Snail": "92"}
    )

    (within,) = assess(cosmetic(label), rules, TODAY)

    assert (within.code, within.evidence) == (
        "within-limit",
        "order of the list: at most 2 %; name: exact",
    )


def test_a_printed_share_is_evidence():
    rules, names = law(entry(1, "Retinol", limits=(limit("0.3"),)))

    subject = cosmetic(printed(names, "Aqua", "Retinol", percent={"Retinol": "1"}))

    (block,) = assess(subject, rules, TODAY)
    assert (block.severity, block.evidence) == (Severity.BLOCK, "printed: 1 %; name: exact")


def test_a_preservative_of_rinse_off_products_blocks_what_stays_on_the_skin():
    mit = entry(
        57,
        "Methylisothiazolinone",
        EntryKind.PRESERVATIVE,
        limits=(limit("0.0015", scope(product_types="rinse-off")),),
    )
    rules, names = law(mit, names=Names({"Methylisothiazolinone": ("Preservative",)}))
    label = printed(names, "Methylisothiazolinone")

    assert found(cosmetic(label, LEAVE_ON), rules) == [("block", "not-in-this-product")]
    assert found(cosmetic(label, RINSE_OFF), rules) == [("info", "limit-not-shown")]


def test_what_has_other_uses_is_asked_about_where_its_use_as_a_preservative_is_not_allowed():
    acid = entry(
        1,
        "Benzyl Alcohol",
        EntryKind.PRESERVATIVE,
        limits=(limit("1", scope(product_types="rinse-off")),),
    )
    rules, names = law(acid, names=Names({"Benzyl Alcohol": ("Preservative", "Solvent")}))

    assert found(cosmetic(printed(names, "Benzyl Alcohol")), rules) == [
        ("warn", "not-in-this-product")
    ]


def test_what_is_known_for_other_uses_alone_is_not_held_to_a_preservatives_limit():
    silver_citrate = entry(59, "Citric Acid", EntryKind.PRESERVATIVE, limits=(limit("0.2"),))
    rules, names = law(silver_citrate, names=Names({"Citric Acid": ("Buffering", "Chelating")}))

    subject = cosmetic(formula=(amount(names, "Citric Acid", "2"),))

    assert found(subject, rules) == [("info", "other-use")]


LINALOOL = entry(
    84, "Linalool", declare_leave_on=Decimal("0.001"), declare_rinse_off=Decimal("0.01")
)


def test_an_allergen_on_the_label_is_declared():
    rules, names = law(LINALOOL)

    assert found(cosmetic(printed(names, "Linalool")), rules) == [
        ("info", "listed"),
        ("info", "declared"),
    ]


@pytest.mark.parametrize(
    ("facts", "share", "says"),
    [
        (LEAVE_ON, "0.001", ("info", "below-declaration")),
        (LEAVE_ON, "0.002", ("block", "allergen-not-declared")),
        (RINSE_OFF, "0.002", ("info", "below-declaration")),
        (RINSE_OFF, "0.02", ("block", "allergen-not-declared")),
    ],
)
def test_an_allergen_of_the_formula_must_stand_on_the_label(facts, share, says):
    rules, names = law(LINALOOL)
    subject = cosmetic(printed(names, "Aqua"), facts, formula=(amount(names, "Linalool", share),))

    assert says in found(subject, rules)


def test_without_a_label_an_allergen_of_the_formula_is_asked_about():
    rules, names = law(LINALOOL)

    assert ("warn", "allergen-not-declared") in found(
        cosmetic(formula=(amount(names, "Linalool", "0.5"),)), rules
    )


SOON = Provision(
    duty=Duty.USE,
    placing_from=date(2027, 1, 1),
    available_from=date(2028, 7, 1),
    regulation="(EU) 2026/909",
)


@pytest.mark.parametrize(
    ("on", "says"),
    [
        (date(2026, 12, 31), [("info", "no-new-goods-soon"), ("info", "unlawful-soon")]),
        (date(2027, 1, 1), [("info", "no-new-goods"), ("info", "unlawful-soon")]),
        (date(2028, 6, 30), [("info", "no-new-goods"), ("info", "unlawful-soon")]),
        (date(2028, 7, 1), [("block", "prohibited")]),
    ],
)
def test_lawful_today_then_not_to_be_placed_then_not_to_be_sold(on, says):
    rules, names = law(entry(1752, "Triphenyl Phosphate", EntryKind.PROHIBITED, provisions=(SOON,)))
    subject = cosmetic(printed(names, "Triphenyl Phosphate"))

    assert found(subject, rules, on) == says


def test_a_rule_to_come_tells_its_day_and_what_it_will_be():
    rules, names = law(entry(1752, "Triphenyl Phosphate", EntryKind.PROHIBITED, provisions=(SOON,)))
    subject = cosmetic(printed(names, "Triphenyl Phosphate"))

    findings = assess(subject, rules, TODAY)

    assert [(own.from_date, own.later) for own in findings] == [
        (date(2027, 1, 1), Severity.INFO),
        (date(2028, 7, 1), Severity.BLOCK),
    ]
    assert next_change(findings, subject, TODAY) == date(2027, 1, 1)


CHILDREN = "Not to be used for children under 3 years of age"


def test_a_warning_must_stand_on_the_label():
    rules, names = law(entry(1, "Talc", warnings=(LabelWarning(text="Keep away from the nose"),)))
    label = printed(names, "Talc")

    assert ("info", "warning-needed") in found(cosmetic(label), rules)
    there = cosmetic(label, label_text="KEEP AWAY, from the nose!")
    assert ("info", "warning-there") in found(there, rules)
    assert ("warn", "warning-missing") in found(cosmetic(label, label_text="Shake well"), rules)


def test_a_warning_is_said_without_the_name_it_is_about():
    named = f"Salicylic acid: {CHILDREN} Salicylic acid salts: {CHILDREN}"
    rules, names = law(entry(3, "Salicylic Acid", warnings=(LabelWarning(text=named),)))

    said = cosmetic(printed(names, "Salicylic Acid"), label_text=f"Lather, rinse. {CHILDREN}.")

    assert ("info", "warning-there") in found(said, rules)


def test_a_warning_on_products_for_children_does_not_bar_them():
    nappies = 'For products designed for children under three years: "Do not use on the nappy area"'
    rules, names = law(entry(1, "Propylparaben", warnings=(LabelWarning(text=nappies),)))
    facts = Facts(product_type="leave-on", is_for_under_threes=True)

    baby = cosmetic(printed(names, "Propylparaben"), facts)

    assert found(baby, rules) == [("info", "listed"), ("info", "warning-needed")]


def test_what_is_not_for_children_blocks_a_product_for_them():
    rules, names = law(entry(1, "Salicylate", warnings=(LabelWarning(text=CHILDREN),)))
    label = printed(names, "Salicylate")

    baby = cosmetic(label, Facts(product_type="leave-on", is_for_under_threes=True))

    assert found(baby, rules)[0] == ("block", "not-for-children")
    assert found(cosmetic(label), rules)[-1] == ("info", "warning-needed")


def test_an_entry_about_the_nano_form_says_nothing_of_another():
    rules, names = law(entry(1, "Silica", EntryKind.PROHIBITED, is_nano=True))

    assert found(cosmetic(printed(names, "Silica")), rules) == [("info", "other-form")]
    assert found(cosmetic(printed(names, "Silica (nano)")), rules) == [
        ("block", "prohibited"),
        ("info", "nano-label"),
    ]


def test_a_name_that_nobody_knows_is_a_finding():
    rules, names = law()

    (unknown,) = assess(cosmetic(printed(names, "Aqua", "Zzyzx extract?")), rules, TODAY)

    assert (unknown.severity, unknown.code) == (Severity.WARN, "unknown-ingredient")
    assert unknown.key.startswith("unknown:")


def test_without_a_list_or_a_type_nothing_is_waved_through():
    rules, names = law()

    assert found(cosmetic(), rules) == [("warn", "no-ingredient-list")]
    untyped = cosmetic(printed(names, "Aqua"), Facts())
    assert found(untyped, rules) == [("warn", "no-product-type")]


def test_a_colorant_off_its_list_blocks_and_a_uv_filter_is_asked_about():
    rules, names = law(
        entry(1, "Octocrylene", EntryKind.UV_FILTER, limits=(limit("10"),)),
        entry(2, "CI 77891", EntryKind.COLORANT),
        names=Names(
            {
                "Newfilter": ("UV Filter",),
                "CI 99999": ("Colorant",),
                "Mica": ("Colorant", "Opacifying"),
            }
        ),
    )

    assert found(cosmetic(printed(names, "Newfilter")), rules) == [("warn", "off-uv-filter-list")]
    assert found(cosmetic(printed(names, "CI 99999")), rules) == [("block", "off-colorant-list")]
    assert found(cosmetic(printed(names, "Mica")), rules) == []


def test_each_entry_met_is_told_the_heaviest_first():
    rules, names = law(
        entry(1, "Linalool", limits=(limit("1"),)),
        entry(2, "Lead", EntryKind.PROHIBITED),
    )

    findings = assess(cosmetic(printed(names, "Linalool", "Lead")), rules, TODAY)

    assert [(own.reference, own.severity.value) for own in findings] == [
        ("Annex II, entry 2", "block"),
        ("Annex III, entry 1", "warn"),
    ]


@given(st.lists(st.sampled_from([None, "0.2", "1", "7", "30"]), min_size=1, max_size=40))
def test_shares_of_a_list_descend_until_one_percent_and_sum_to_no_contradiction(printed_shares):
    listed = [
        Ingredient(
            text=f"Name {place}",
            name=f"Name {place}",
            position=place + 1,
            percent=None if share is None else Decimal(share),
        )
        for place, share in enumerate(printed_shares)
    ]

    shares = shares_of_list(listed, {})

    ordered = [share for share in shares if share.source != ShareSource.PRINTED]
    assert all(0 <= share.at_least <= share.at_most <= 100 for share in shares)
    assert [share.at_most for share in ordered] == sorted(
        (share.at_most for share in ordered), reverse=True
    )
    assert all(share.at_most >= 1 for share in ordered)


def test_the_heavier_of_two_that_say_the_same_is_kept():
    rules, names = law(entry(1, "Retinol", limits=(limit("0.3"),)))

    twice = cosmetic(printed(names, "Retinol", "Aqua", "Retinol", percent={"Retinol": "1"}))

    assert found(twice, rules) == [("block", "over-limit")]


def test_actives_in_front_are_no_part_of_the_order():
    rules, names = law(entry(1, "Urea", limits=(limit("5"),)))
    actives = {"Salicylic Acid": "0.3", "Niacinamide": "5"}
    label = printed(names, "Salicylic Acid", "Niacinamide", "Aqua", "Urea", percent=actives)

    (urea,) = assess(cosmetic(label), rules, TODAY)

    assert (urea.code, urea.evidence) == (
        "limit-not-shown",
        "order of the list: at most 47.35 %; name: exact",
    )


def test_one_small_active_in_front_says_nothing_of_the_water_behind_it():
    listed = [
        Ingredient(text=name, name=name, position=place, percent=percent)
        for place, (name, percent) in enumerate(
            (("Salicylic Acid", Decimal("0.5")), ("Aqua", None), ("Glycerin", None)), start=1
        )
    ]

    shares = shares_of_list(listed, {})

    assert [share.at_most for share in shares] == [
        Decimal("0.5"),
        Decimal("99.5"),
        Decimal("49.75"),
    ]


def test_shares_that_rise_within_a_list_leave_no_order():
    listed = [
        Ingredient(text=name, name=name, position=place, percent=percent)
        for place, (name, percent) in enumerate(
            (("Aqua", None), ("Retinol", Decimal("0.3")), ("Urea", None), ("Squalane", Decimal(7))),
            start=1,
        )
    ]

    shares = shares_of_list(listed, {})

    assert [share.source.value for share in shares] == ["unknown", "printed", "unknown", "printed"]


def test_a_nano_form_needs_an_entry_of_its_own_and_its_word_on_the_label():
    filters = entry(27, "Titanium Dioxide", EntryKind.UV_FILTER, limits=(limit("25"),))
    nano = entry(28, "Titanium Dioxide", EntryKind.UV_FILTER, limits=(limit("25"),), is_nano=True)
    label = ("Aqua", "Titanium Dioxide (nano)")

    alone, names = law(filters)
    assert found(cosmetic(printed(names, *label)), alone) == [
        ("warn", "nano-not-covered"),
        ("info", "other-form"),
        ("info", "nano-label"),
    ]
    both, names = law(filters, nano)
    assert found(cosmetic(printed(names, *label)), both)[-1] == ("info", "nano-label")
    in_formula = (amount(names, "Titanium Dioxide (nano)", "5"),)
    silent = cosmetic(printed(names, "Titanium Dioxide"), formula=in_formula)
    assert ("warn", "nano-not-on-label") in found(silent, both)
