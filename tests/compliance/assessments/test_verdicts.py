"""Fifty verdicts on real products, each read by hand beside the law.

Drawn on 2026-11-24 with a fixed seed, so many of each class as the judgement then gave. The class
is what a reader found right; `FACTS` holds what the reader saw that category and name do not tell.
"""

import csv
from dataclasses import replace

from compliance.assessments.rules.assessing import assess
from compliance.assessments.rules.subjects import Subject
from compliance.assessments.selectors.lawbooks import lawbook
from compliance.rulebooks.rules.shapes import Facts
from compliance.substances import services as substances
from compliance.substances.rules.lists import parse_list
from compliance.substances.selectors import vocabulary
from tests.compliance.assessments.conftest import NOW
from tests.compliance.assessments.measure import TODAY, facts_of, verdict_of

UNLAWFUL, ONLY_IF, NAMES, NOTHING = (
    "unlawful",
    "only if",
    "names to settle",
    "nothing to do",
)
LILIAL = "prohibited II/1666"

# Product, the class that is right, the findings that make it so, and why.
# fmt: off
VERDICTS = [
    ("36420a731179", UNLAWFUL, {LILIAL, "prohibited II/1380"}, "lilial and Lyral: banned by name"),
    ("d735627612fb", UNLAWFUL, {LILIAL}, "lilial; Red 4 is barred from hair dyes alone"),
    ("018ee0b2fb37", UNLAWFUL, {"prohibited II/1396"}, "borax, named among the borates"),
    ("0c6d88f6f0d2", UNLAWFUL, {"prohibited II/1375"}, "isobutylparaben; butylparaben is lawful"),
    ("fcf6ddbffbc1", UNLAWFUL, {LILIAL, "prohibited-unless II/464"}, "lilial; isobutane asks"),
    ("de4d909a456a", UNLAWFUL, {LILIAL}, "lilial, last in the list and banned at any share"),
    ("27233b2c3eeb", UNLAWFUL, {"prohibited II/1730"}, "4-MBC, off the shelf since 2026-05-01"),
    ("c052e2ca9217", UNLAWFUL, {LILIAL}, "lilial; Lyral stands there too, its name cut in half"),
    ("8bb458875806", UNLAWFUL, {LILIAL}, "lilial, behind a parenthesis that is never closed"),
    ("f3832aaef969", UNLAWFUL, {"prohibited II/1729"}, "colloidal platinum, printed as [nano]"),
    ("b3ea00b92afb", ONLY_IF, {"limit-not-shown III/53"}, "soap: 0.2 % etidronic acid, 4 % fit"),
    ("62a01923f193", ONLY_IF, {"prohibited II/1388"}, "cyclomethicone may be D4 or not: ask"),
    ("1c5ec92bd0eb", ONLY_IF, {"limit-not-shown III/62"}, "7th of a leave-on list: 2.5 % open"),
    ("016e34780c58", ONLY_IF, {"limit-not-shown III/99"}, "sulphite in a tanning serum: ask"),
    ("f1cfdddac1ae", ONLY_IF, {"limit-not-shown III/98", "limit-not-shown III/325"},
     "salicylic acid stands 6th: 2 % is open; BHT too"),
    ("ea6ef78f18d0", ONLY_IF, {"prohibited II/1388"}, "cyclomethicone may be D4 or not: ask"),
    ("14d325588d52", ONLY_IF, {"prohibited-unless II/904"}, "petrolatum: its refining history"),
    ("3a10994281ba", ONLY_IF, {"prohibited-unless II/1669"}, "releases formaldehyde: how much"),
    ("ba48489a85c3", ONLY_IF, {"prohibited-unless II/904"}, "petrolatum: its refining history"),
    ("dec694cf0106", ONLY_IF, {"prohibited-unless II/875"}, "an alkane with a petroleum's number"),
    ("79232660a298", ONLY_IF, {"limit-not-shown III/62"}, "a peel that stays on: 2.5 % is open"),
    ("9134d0e8a8c5", ONLY_IF, {"not-in-this-product III/378"}, "arbutin: a mask is no face cream"),
    ("9493970d47b0", NAMES, {"limit-not-shown V/57"}, "MI is a preservative of rinsed-off goods"),
    ("ec8a362245a8", NAMES, {"within-limit III/62"}, "92 % printed first leaves at most 1 %"),
    ("0bd5955f354e", NAMES, {"listed III/186"}, "glycol is limited as a trace, not the silicone"),
    ("69ec91b42dc0", NAMES, {"other-form VI/27a"}, "two names run together by a lost comma"),
    ("af9005b1282e", NAMES, {"limit-not-shown V/50"}, "the name of a polymer is cut off"),
    ("4bacdd5027d3", NAMES, set(), "plants without the part that is used"),
    ("16eb15cf87b3", NAMES, {"no-new-goods-soon III/70"}, "citral has no limit before 2027"),
    ("176cbc6ad6c2", NAMES, {"list-unclear"}, "claims stand before the list"),
    ("9caded00d737", NAMES, {"list-unclear"}, "claims before the list, a salt nobody lists"),
    ("4cc0d28f82bf", NAMES, set(), "essential oils by names that are no INCI names"),
    ("fa9b4c889d23", NAMES, set(), "a misspelt preservative is proposed, not taken"),
    ("c2208f274b97", NAMES, {"allowed III/321"}, "rye without its part; titanium in a cream"),
    ("30d1730f7492", NAMES, {"list-unclear"}, "claims before the list, nothing else"),
    ("87383c326885", NAMES, {"limit-not-shown III/378"}, "common names of plants"),
    ("a2c5d9dff374", NAMES, {"limit-not-shown III/376"}, "one alga misspelt; retinol ester is low"),
    ("3367bb2ae8d8", NOTHING, {"limit-not-shown III/98"}, "a mask for feet, not for babies"),
    ("ad65c70f7949", NOTHING, {"listed III/186"}, "glycol is limited as a trace, not the polymer"),
    ("755c2c74db9e", NOTHING, {"listed III/186"}, "glycol is limited as a trace, not the polymer"),
    ("68b35ce94992", NOTHING, {"limit-not-shown V/12"}, "one preservative of the positive list"),
    ("77813831bdd3", NOTHING, {"no-new-goods III/376"}, "retinol: sold until 2027-04-30"),
    ("7b8e9486c339", NOTHING, {"limit-not-shown V/50"}, "preservatives of the positive list"),
    ("a9efa7bb92b4", NOTHING, {"limit-not-shown V/4"}, "preservatives of the positive list"),
    ("3f89e5ad0ae3", NOTHING, {"limit-not-shown V/29"}, "a preservative of the positive list"),
    ("ebbedd57bab8", NOTHING, {"limit-not-shown V/29"}, "preservatives of the positive list"),
    ("98db4ab6a158", NOTHING, {"listed III/352"}, "bergamot oil: named on the label, no limit"),
    ("0e153efd1e7e", NOTHING, {"limit-not-shown V/29"}, "hyphens of a line break are understood"),
    ("871af9262f45", NOTHING, {"listed III/360"}, "lavender oil: named on the label, no limit"),
    ("153be916bda5", NOTHING, {"limit-not-shown V/1"}, "preservatives of the positive list"),
]
# fmt: on

FACTS = {
    "3367bb2ae8d8": {"is_for_under_threes": False, "body_area": "feet"},  # Baby Silky Foot
    "79232660a298": {"product_type": "leave-on"},  # called a peel, left on overnight
    "016e34780c58": {"body_area": "body"},
}

# What the judgement says and the law does not; the class is right all the same.
KNOWN_WRONG = [
    (
        "62a01923f193",
        "no-new-goods-soon III/24",
        "1 % of zinc has been the limit for long; the amendment dates its rows for the mouth alone",
    ),
]


def _said(found):
    place = found.reference.rpartition("Annex ")[2].replace(", entry ", "/")
    return f"{found.code} {place}".strip()


def _judged(folder):
    """Class and findings of each product of the table, by the shipped law and the inventory."""
    inventory = folder / "cosmetics_regulation" / "cosing_inventory.csv"
    substances.import_substances(data=inventory.read_bytes(), now=NOW, apply=True)
    names, rules = vocabulary(), lawbook(("EU",))["EU"]
    wanted = {key for key, *_ in VERDICTS}
    judged = {}
    with (folder / "cosmetics_products" / "products_with_ingredients.csv").open() as file:
        for row in csv.DictReader(file):
            key = row["product_key"]
            if key not in wanted or key in judged or row["ingredient_status"] != "list":
                continue
            parsed = parse_list(row["ingredients_text"])
            facts = replace(Facts(**facts_of(row)), **FACTS.get(key, {}))
            label = names.understand(parsed.ingredients)
            found = assess(
                Subject(facts=facts, label=label, problems=parsed.problems), rules, TODAY
            )
            judged[key] = (verdict_of(found), {_said(own) for own in found})
    return judged


def test_fifty_real_products_are_judged_as_a_reader_of_the_law_judges_them(law, real_data):
    judged = _judged(real_data)

    wrong = {
        key: (verdict, judged[key][0], said - judged[key][1], reason)
        for key, verdict, said, reason in VERDICTS
        if judged[key][0] != verdict or not said <= judged[key][1]
    }
    assert len({key for key, *_ in VERDICTS}) == 50
    assert wrong == {}
    assert all(said in judged[key][1] for key, said, _ in KNOWN_WRONG)
