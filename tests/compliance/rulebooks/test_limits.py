"""Real prose of annexes III to VI, and the rows that are read of it."""

import pytest

from tests.compliance.rulebooks.reading import read, said

MIXING = (
    "After mixing under oxidative conditions the maximum concentration applied to hair must not "
    "exceed"
)
OXIDATIVE = "Hair dye substance in oxidative hair dye products"
PLAIN_DYE = "Hair dye substance in non-oxidative hair dye products"
LASHES = "Products intended for colouring eyelashes"
HAIR = "body_areas=hair"
NITROSO = (
    "- Do not use with nitrosating agents\n- Maximum nitrosamine content: 50 microgram/kg\n"
    "- Keep in nitrite-free containers"
)
LUNGS = (
    "Not to be used in applications that may lead to exposure of the end-user\u2019s lungs by "
    "inhalation."
)

READ_FOR_SURE = [
    # products, concentration, other conditions, rows
    ("", "0.5%", "", ["sure 0.5 all"]),
    ("", "7,34 %", "", ["sure 7.34 all"]),
    ("", "0,001 %", "", ["sure 0.001 all"]),
    ("", "100 mg/kg", "", ["sure 0.01 all"]),
    ("", "10 ppm", "", ["sure 0.001 all"]),
    ("", "0.2%%", "", ["sure 0.2 all"]),
    ("", "0.5% (acid)", "", ["sure 0.5 all (acid)"]),
    ("", "8%(as acid)", "", ["sure 8 all (as acid)"]),
    ("", "6% (as NH3)", "", ["sure 6 all (as NH3)"]),
    ("", "0.2% (as free SO2)", "", ["sure 0.2 all (as free SO2)"]),
    ("", "0,2 % (as phenol", "", ["sure 0.2 all (as phenol)"]),
    ("Eye products", "0.007% (of Hg)", "", ["sure 0.007 body_areas=eyes (of Hg)"]),
    ("Hair products", "5%", "Professional use", [f"sure 5 {HAIR} is_professional=yes"]),
    ("Nail products", "25%", "", ["sure 25 body_areas=nails"]),
    ("Oral products", "0.003%", "", ["sure 0.003 body_areas=mouth"]),
    ("Rinse-off products", "0.1%", "Avoid formation of nitrosamines",
     ["sure 0.1 product_types=rinse-off"]),
    ("Only for rinse-off products", "1.0%", "", ["sure 1 product_types=rinse-off"]),
    ("Face and hand products", "1 %", "", ["sure 1 body_areas=eyes+face+hands"]),
    ("Artificial nail systems", "0.02% (after mixing for use)", "Professional use",
     ["sure 0.02 purposes=nail_system is_professional=yes (after mixing for use)"]),
    ("(a) Toothpaste\n(b) Other products", "(a) 5%\n(b) 3%", "",
     ["sure 5 purposes=toothpaste", "sure 3 but_purposes=toothpaste"]),
    ("a) Rinse-off products\nb) Other products", "a) 1.0% \nb) 0.5%", "",
     ["sure 1 product_types=rinse-off", "sure 0.5 product_types=leave-on"]),
    (("a) Rinse-off products, except oral care products\nb) Oral care products\n"
     "c) Leave-on products"),
     "a) 2.5% (acid)\nb) 1.7% (acid)\nc) 0.5% (acid)", "",
     ["sure 2.5 product_types=rinse-off but_body_areas=mouth (acid)",
      "sure 1.7 body_areas=mouth (acid)", "sure 0.5 product_types=leave-on (acid)"]),
    ("(a) Oral products\n(b) Other products", "b) 0,02 %", "",
     ["sure any body_areas=mouth", "sure 0.02 but_body_areas=mouth"]),
    ("(a) Oral products\n(b) Others products", "(b) 0.06%", "",
     ["sure any body_areas=mouth", "sure 0.06 but_body_areas=mouth"]),
    ("(a) Leave-on products\n(b) Rinse-off products", "(a) 2%", "",
     ["sure 2 product_types=leave-on", "sure any product_types=rinse-off"]),
    ("(a) Leave-on products \n(b) Rinse-off products", "(a) 3,0 %\n(b) 4,0 %", "",
     ["sure 3 product_types=leave-on", "sure 4 product_types=rinse-off"]),
    ("(a) Hair rinse-off products\n(b) Hair leave-on products",
     "(a) 0.5% (as quinine base)\n(b) 0.2% (as quinine base)", "",
     [f"sure 0.5 product_types=rinse-off {HAIR} (as quinine base)",
      f"sure 0.2 product_types=leave-on {HAIR} (as quinine base)"]),
    ("Hair waving or straightening products",
     "(a) 8% \n(b) 11% \nThe abovementioned percentages are calculated as thioglycollic acid",
     "(a) General use\nready for use pH 6 to 9.5 \n(b) Professional use\nready for use pH 6 to 9.5",
     ["sure 8 purposes=hair_waving is_professional=no (calculated as thioglycollic acid)",
      "sure 11 purposes=hair_waving is_professional=yes (calculated as thioglycollic acid)"]),
    ("(a) Toothpaste\n(b) Mouthwash", "For (a) and (b): 0,05 %", "",
     ["sure 0.05 purposes=toothpaste", "sure 0.05 purposes=mouthwash"]),
    ("a) Rinse-off products\nb) Leave-on products other than oral products", "0.1%", "",
     ["sure 0.1 product_types=rinse-off", "sure 0.1 product_types=leave-on but_body_areas=mouth"]),
    ("All cosmetic products, with the exception of mouthwash.", "0,2 %", "",
     ["sure 0.2 but_purposes=mouthwash"]),
    ("(a) Hair products\n(b) Nail products", "(a) 2%\n(b) 2%", "(b) pH < 4",
     [f"sure 2 {HAIR}", "sure 2 body_areas=nails"]),
    (("(a) Fragrance products (hydroalcoholic and non-hydroalcoholic, spray and non-spray)\n"
     "(b) Deodorant\n(c) Make-up products\n(d) Leave-on products (except (a), (b) and (c))\n"
     "(e) Rinse-off products"), "(a) 0,9 %\n(b) 0,05 %\n(c) 0,05 %\n(d) 0,1 %\n(e) 0,2 %",
     "For (a) \u2013 (e): stabilised with 1 % alpha- tocopherol (applies to raw materials).",
     ["sure 0.9 purposes=fragrance", "sure 0.05 purposes=deodorant", "sure 0.05 purposes=make_up",
      "sure 0.1 product_types=leave-on but_purposes=deodorant+fragrance+make_up",
      "sure 0.2 product_types=rinse-off"]),
    ("(a) Self-tanning products for the face\n(b) Other self-tanning products",
     "(a) 0.45% (as free SO2)\n(b) 0.40% (as free SO2)", "",
     ["sure 0.45 purposes=self_tanning body_areas=eyes+face (as free SO2)",
      "sure 0.4 purposes=self_tanning but_body_areas=eyes+face (as free SO2)"]),
    (PLAIN_DYE, "0.5%", NITROSO, ["sure 0.5 purposes=hair_dye"]),
    ("Hair due substance in non-oxidative hair dye products", "2,0  %", "",
     ["sure 2 purposes=hair_dye"]),
    (PLAIN_DYE, "As from 3 September 2017: 0,5 %", "", ["sure 0.5 purposes=hair_dye"]),
    (PLAIN_DYE, "0,5% (calculated as hydrochloride)", "",
     ["sure 0.5 purposes=hair_dye (calculated as hydrochloride)"]),
    (OXIDATIVE, "", f"{MIXING} 2.5%", ["sure 2.5 purposes=hair_dye_oxidative (after mixing)"]),
    (OXIDATIVE, "", f"{MIXING} 1 % calculated as free base",
     ["sure 1 purposes=hair_dye_oxidative (after mixing, calculated as free base)"]),
    (OXIDATIVE, "", f"{MIXING} 1,5% (calculated as hydrochloride).",
     ["sure 1.5 purposes=hair_dye_oxidative (after mixing, calculated as hydrochloride)"]),
    (OXIDATIVE, "", ("As from 3 June 2021, after mixing under oxidative conditions the maximum "
     "concentration applied to hair must not exceed 2 % (calculated as free base)."),
     ["sure 2 purposes=hair_dye_oxidative (after mixing, calculated as free base)"]),
    (f"(a) {OXIDATIVE}\n(b) {PLAIN_DYE}", "(b) 0.6%", f"(a) {MIXING} 1.5%.",
     ["sure 1.5 purposes=hair_dye_oxidative (after mixing)", "sure 0.6 purposes=hair_dye"]),
    (f"(a) {OXIDATIVE}\n(b) {PLAIN_DYE}", "(b) 1,0 %", f"a) {MIXING} 1,0 %",
     ["sure 1 purposes=hair_dye_oxidative (after mixing)", "sure 1 purposes=hair_dye"]),
    (f"(a) {OXIDATIVE}\n(b) {PLAIN_DYE}", "(b) 1,5% (as hydrochloride)",
     f"{MIXING} 1,5% (as hydrochloride)",
     ["sure 1.5 purposes=hair_dye_oxidative (after mixing, as hydrochloride)",
      "sure 1.5 purposes=hair_dye (as hydrochloride)"]),
    (f"(a) {OXIDATIVE}\n(b) {LASHES}", "",
     ("For (a) and (b): After mixing under oxidative conditions the maximum concentration applied "
     "to hair or eyelashes must not exceed 1,2 %\n(b) For professional use only"),
     ["sure 1.2 purposes=hair_dye_oxidative (after mixing)",
      "sure 1.2 purposes=eyelash_dye is_professional=yes (after mixing)"]),
    (OXIDATIVE, ("(a) General use\n(b) Professional use\nFor (a) and (b): After mixing under "
     "oxidative conditions the maximum concentration applied to hair must not exceed 3 % "
     "calculated as free base"), "",
     [("sure 3 purposes=hair_dye_oxidative is_professional=no (after mixing, calculated as free "
      "base)"),
      ("sure 3 purposes=hair_dye_oxidative is_professional=yes (after mixing, calculated as free "
      "base)")]),
    ("a) Solvent in oxidative hair dye products\nb) Solvent in non-oxidative hair dye products",
     "a) 4.0%\nb) 2.0%", "",
     ["sure 4 purposes=hair_dye_oxidative", "sure 2 purposes=hair_dye"]),
    ("Rust inhibitor", "0.2%", "", ["sure 0.2 all"]),
    ("pH-adjuster for depilatories", "3.5% (as strontium)", "pH",
     ["sure 3.5 purposes=depilatory (as strontium)"]),
    ("", "0,0015 % Rinse-off products", "", ["sure 0.0015 product_types=rinse-off"]),
    ("Not to be used in products applied on mucous membranes", "0.2%", "",
     ["sure 0.2 all", "sure none body_areas=intimate+mouth", "maybe none body_areas=eyes+lips"]),
    ("", "0.5%", "Not to be used in aerosol dispensers (sprays)",
     ["sure 0.5 all", "maybe none forms=spray"]),
    ("", "10%", "Not to be used in sprays.", ["sure 10 all", "sure none forms=spray"]),
    ("", "5%", LUNGS, ["sure 5 all", "maybe none forms=powder+spray"]),
    ("", "0.3%", ("Not to be used in products for children under 3 years of age, in oral products "
     "and in eye and lip products"),
     ["sure 0.3 all", "sure none is_for_under_threes=yes", "sure none body_areas=mouth",
      "sure none body_areas=eyes+lips"]),
    ("Not to be used in eye products", "", "", ["sure any all", "sure none body_areas=eyes"]),
    ("Rinse-off product", "", "", ["sure any product_types=rinse-off"]),
    ("", "", "Peroxide value less than 10 mmoles/L  (15 )", []),
    ("", "", "Level of free allyl alcohol in the ester should be less than 0.1%", []),
    ("Rinse-off products \nNot to be used in oral products", "2%",
     ("For purposes other than inhibiting the development of micro-organisms in the product. "
     "This purpose has to be apparent from the presentation of the product"),
     ["sure 2 product_types=rinse-off", "sure none body_areas=mouth"]),
]  # fmt: skip

NEEDS_A_PERSON = [
    ("(a) Hair products", "(a) (i) 8%    (ii) 11%", "", ["maybe 8 body_areas=hair",
     "maybe 11 body_areas=hair"]),
    ("Oral products", ("0,15 % calculated as F.\nWhen mixed with other fluorine compounds "
     "permitted under this Annex, total F concentration must not exceed 0,15 %"), "",
     ["sure 0.15 body_areas=mouth (calculated as F)",
      "maybe 0.15 body_areas=mouth (for several substances together)"]),
    ("", "0,4% (as acid) for single ester\n0,8% (as acid) for mixtures of esters", "",
     ["sure 0.4 all (as acid for single ester)",
      "maybe 0.8 all (as acid for mixtures of esters)"]),
    ("Body lotion", "0,05 %", "",
     ["maybe 0.05 product_types=leave-on purposes=skin_care body_areas=body+feet+hands"]),
    ("Preparations of a kind nobody knows", "0.2%", "", ["maybe 0.2 all"]),
    ("(a) Skin products\n(b) Other products", "(a) 1%\n(b) 2%", "",
     ["maybe 1 body_areas=body+eyes+face+feet+hands+intimate+lips",
      "sure 2 but_body_areas=body+eyes+face+feet+hands+intimate+lips",
      "maybe 2 body_areas=body+eyes+face+feet+hands+intimate+lips"]),
    ("", "0 15%", "", ["maybe 15 all"]),
    ("(a) Depilatories\n(b) Depilatories", "(a) 2% (as sulphur)\n(b) 6% (as sulphur)", "",
     ["maybe 2 purposes=depilatory (as sulphur)", "maybe 6 purposes=depilatory (as sulphur)"]),
    ("", "0,2% corresponding to 0,0024% of silver", "", ["maybe 0.2 all", "maybe 0.0024 all"]),
    (PLAIN_DYE, "3%", "Not to be used after 31.12.2009", ["maybe 3 purposes=hair_dye"]),
    ("", "0.5%", ("Not to be used in products for children under 3 years of age, except for "
     "shampoos."), ["maybe 0.5 all"]),
]  # fmt: skip


@pytest.mark.parametrize(("products", "concentration", "other", "rows"), READ_FOR_SURE)
def test_regular_prose_is_read_for_sure(products, concentration, other, rows):
    found = read(products, concentration, other)

    assert [said(limit) for limit in found.limits] == rows
    assert found.doubts == ()


@pytest.mark.parametrize(("products", "concentration", "other", "rows"), NEEDS_A_PERSON)
def test_irregular_prose_keeps_its_figures_and_needs_a_person(products, concentration, other, rows):
    found = read(products, concentration, other)

    assert [said(limit) for limit in found.limits] == rows
    assert found.doubts


def test_sixty_texts_are_read():
    assert len(READ_FOR_SURE) + len(NEEDS_A_PERSON) >= 60


def test_products_that_letters_leave_out_are_told_apart_from_those_that_cannot():
    found = read(
        "(a) Rinse-off hair products\n(b) Other products except body lotion, eye shadow, mascara, "
        "eyeliner, lipstick, roll-on deodorant\n(c) Body lotion, eye shadow, mascara, eyeliner, "
        "lipstick, roll-on deodorant",
        "(a) 3.0%\n(b) 2.0%\n(c) 0.5%",
    )

    sure = {said(limit) for limit in found.limits if limit.is_certain}
    assert "sure 3 product_types=rinse-off body_areas=hair" in sure
    assert not any(text.startswith("sure 0.5") for text in sure)
    assert "sure 2 purposes=skin_care but_body_areas=body+feet+hands+lips" in {
        text.replace(" product_types=leave-on", "") for text in sure
    }


def test_an_allergen_is_named_above_the_shares_of_its_entry():
    found = read(
        other="The presence of the substance or substances shall be indicated as \u2018Rose "
        "Ketones\u2019 in the list of ingredients referred to in Article 19(1), point (g), when "
        "the concentration of the substance or substances exceeds:\n\u2014 0,001 % in leave-on "
        "products\n\u2014 0,01 % in rinse-off products."
    )

    assert (str(found.declare_leave_on), str(found.declare_rinse_off)) == ("0.001", "0.01")
    assert found.conditions == "To be named on the label as \u2018Rose Ketones\u2019."
    assert found.limits == ()
    assert found.doubts == ()


def test_warnings_go_to_the_products_of_their_letters():
    found = read(
        "(a) Hair products\n(b) Nail products",
        "(a) 2%\n(b) 2%",
        wording="(a) Contains Something\n(b) To be printed on the label: Wear suitable gloves",
    )

    assert [(w.text, sorted(w.scope.body_areas)) for w in found.warnings] == [
        ("Contains Something", ["hair"]),
        ("Wear suitable gloves", ["nails"]),
    ]


def test_purity_is_for_the_maker_and_no_warning():
    found = read(
        wording="Purity criteria as set out in Commission Directive 95/45/EC (E 172)", section="IV"
    )

    assert found.warnings == ()
    assert "95/45/EC" in found.conditions
