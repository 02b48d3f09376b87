"""Loading, importing, activating and reviewing; what is wrong changes nothing."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from compliance.rulebooks import services
from compliance.rulebooks.effects import changed
from compliance.rulebooks.errors import (
    EmptyVersion,
    InvalidReview,
    NotADraft,
    RowsRefused,
    UnknownEntry,
    UnknownRulebook,
    UnknownVersion,
    UnreadableRulebook,
    VersionTaken,
    WrongVersionOrder,
)
from compliance.rulebooks.models import (
    Rulebook,
    RulebookVersion,
    RuleEntry,
    RuleReview,
    VersionStatus,
)
from compliance.rulebooks.rules.shapes import Limit, Scope
from compliance.rulebooks.selectors import (
    counts,
    difference_between,
    rules_for,
    stamp,
    version_before,
)
from compliance.substances.selectors import vocabulary
from tests.factories import people
from tests.factories.compliance_rulebooks import LAW, NOW, active, file_of, imported, rulebook

pytestmark = pytest.mark.django_db


def entry(number, version=None):
    rows = RuleEntry.objects.filter(section="A", number=number)
    return rows.get(version=version) if version else rows.get()


def test_loads_every_rulebook_once():
    first = services.load_rulebooks(now=NOW)
    again = services.load_rulebooks(now=NOW)

    assert [str(version) for version in first] == [
        "EU-1223-2009 2026-08-28", "US-FDA 2026-11-23", "US-CA-TFCA 2026-11-23",
    ]  # fmt: skip
    assert {version.status for version in first} == {"active"}
    assert again == []
    assert Rulebook.objects.count() == 5


def test_what_was_read_for_sure_is_counted_by_annex():
    services.load_rulebooks(now=NOW)

    union = RulebookVersion.objects.get(rulebook__code="EU-1223-2009")
    found = {row["section"]: (row["entries"], row["machine_checked"]) for row in counts(union.pk)}
    assert found == {
        "II": (1741, 1682), "III": (380, 313), "IV": (154, 152), "V": (55, 40), "VI": (33, 23),
    }  # fmt: skip


def test_the_report_prints_the_counts(capsys):
    services.load_rulebooks(now=NOW)

    call_command("rulebook_report")

    assert "II             1,741          1,682         0            59" in capsys.readouterr().out


def test_the_command_loads_rules_and_common_names_once(capsys):
    call_command("load_rulebooks")
    first = capsys.readouterr().out
    call_command("load_rulebooks")

    assert "common substances added" in first
    assert "US-FDA 2026-11-23: 11 entries, active" in first
    assert capsys.readouterr().out == "Nothing new.\n"


def test_countries_without_a_list_have_a_rulebook_and_no_rules():
    services.load_rulebooks(now=NOW)

    assert rules_for("GB").entries == ()
    assert "has not been loaded" in rules_for("CA").coverage


def test_both_numbers_of_the_misprinted_acid_are_known_in_california():
    services.load_rulebooks(now=NOW)

    acid = next(
        e for e in rules_for("US-CA").entries if e.substance == "Nonadecafluorodecanoic acid"
    )
    assert acid.cas_numbers == ("355-76-2", "335-76-2")
    assert acid.provisions[0].placing_from == date(2025, 1, 1)
    assert "only 6 are known" in rules_for("US-CA").coverage


def test_facts_from_memory_need_a_person():
    services.load_rulebooks(now=NOW)

    unchecked = {e.number for e in rules_for("US").entries if not e.is_machine_checked}
    assert {"700.13", "700.15"} <= unchecked
    assert len(rules_for("US").entries) == 11
    assert len(rules_for("US-CA").entries) == 30


def test_names_in_the_law_are_known_without_the_inventory():
    services.load_rulebooks(now=NOW)

    found = vocabulary().by_name("Chloroacetamide")
    assert found is not None


def test_imports_a_draft_that_changes_nothing_yet():
    before = stamp()

    version = imported()

    assert (version.status, version.entry_count) == (VersionStatus.DRAFT, 3)
    assert rules_for("XX").entries == ()
    assert stamp() == before or before == ""
    assert [limit.max_percent for limit in entry("2").limits.order_by("position")] == [1, 2]
    assert entry("3").review_state == "needs_review"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b" \n\n", "The file is empty."),
        (b"section,number,kind\nA,1,prohibited", "The file has no column substance."),
        (b"number\n1", "The file has no column section, kind, substance."),
        (b"section,number,kind,substance,colour\nA,1,prohibited,X,red", "not known: colour"),
        (b"section,number,kind,substance,kind\nA,1,prohibited,X,red", "twice: kind"),
        (b"section,number,kind,substance\n", "headings and no rows"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b'section,number,kind,substance\nA,1,prohibited,"X', "not CSV"),
    ],
)
def test_a_file_that_is_no_rulebook_is_refused_and_nothing_is_changed(content, says):
    book = rulebook()

    with pytest.raises(UnreadableRulebook, match=says):
        services.import_rulebook(
            rulebook=book.code, content=content, file_name="x.csv", label="1",
            effective_from=date(2026, 1, 1), user=None, now=NOW,
        )  # fmt: skip

    assert not RulebookVersion.objects.exists()


@pytest.mark.parametrize(
    ("rows", "pointer", "says"),
    [
        (
            ("A,1,prohibited,One,,,,,,", "A,1,prohibited,Other,,,,,,"),
            "/3/number", "Entry 1 of A is in row 2 too.",
        ),
        (("A,1,forbidden,One,,,,,,",), "/2/kind", "'forbidden' is none of prohibited"),
        (("A,,prohibited,One,,,,,,",), "/2/number", "This cell is empty."),
        (("A,1,prohibited,One,,,,,,2027-13-01",), "/2/available_from", "not a date"),
        (("A,1,prohibited,One",), "/2", "4 cells and the headings are 10"),
        (("A," + "9" * 30 + ",prohibited,One,,,,,,",), "/2/number", "at most 20"),
    ],
)  # fmt: skip
def test_wrong_rows_are_named_and_nothing_is_changed(rows, pointer, says):
    with pytest.raises(RowsRefused) as refused:
        imported(*rows)

    found = refused.value.errors[0]
    assert found.pointer == pointer
    assert says in found.detail
    assert not RuleEntry.objects.exists()
    assert not RulebookVersion.objects.exists()


def test_a_label_or_a_content_comes_once():
    imported()

    with pytest.raises(VersionTaken, match="has a version 1 already"):
        imported("A,9,prohibited,Else,,,,,,")
    with pytest.raises(VersionTaken, match="says what version 1 of TEST says"):
        imported(label="2")
    assert RulebookVersion.objects.count() == 1


def test_an_unknown_rulebook_is_refused():
    with pytest.raises(UnknownRulebook):
        services.import_rulebook(
            rulebook="MARS", content=file_of(*LAW), file_name="x.csv", label="1",
            effective_from=date(2026, 1, 1), user=None, now=NOW,
        )  # fmt: skip


def test_activating_makes_it_the_law_and_tells_everybody(django_capture_on_commit_callbacks):
    version, told, before = imported(), [], stamp()

    with changed.answered_by(told.append), django_capture_on_commit_callbacks(execute=True):
        services.activate_version(version_id=version.pk, user=people.staff(), now=NOW)

    assert [e.substance for e in rules_for("XX").entries] == ["Nastium", "Mildium", "Keepium"]
    assert rules_for("XX").versions == ("TEST 1",)
    assert stamp() != before
    assert told == ["XX"]


def test_a_later_version_supersedes_the_active_one():
    first = active()

    second = active("A,9,prohibited,Else,,,,,,", label="2", on=date(2026, 2, 1))

    first.refresh_from_db()
    assert (first.status, second.status) == ("superseded", "active")
    assert [e.number for e in rules_for("XX").entries] == ["9"]
    assert [e.number for e in rules_for("XX", version_id=first.pk).entries] == ["1", "2", "3"]


def test_a_later_version_is_not_activated_before_an_earlier_one():
    active()
    imported("A,8,prohibited,Early,,,,,,", label="2", on=date(2026, 2, 1))
    late = imported("A,9,prohibited,Late,,,,,,", label="3", on=date(2026, 3, 1))

    with pytest.raises(WrongVersionOrder, match="TEST 3 cannot be activated before 2"):
        services.activate_version(version_id=late.pk, user=None, now=NOW)

    late.refresh_from_db()
    assert late.status == "draft"
    assert rules_for("XX").versions == ("TEST 1",)


def test_an_older_version_does_not_follow_a_newer_one():
    active(on=date(2026, 3, 1))
    older = imported("A,8,prohibited,Old,,,,,,", label="0", on=date(2026, 2, 1))

    with pytest.raises(WrongVersionOrder, match="an older version cannot follow a newer one"):
        services.activate_version(version_id=older.pk, user=None, now=NOW)

    assert rules_for("XX").versions == ("TEST 1",)


def test_a_version_of_the_future_waits():
    active()
    later = imported("A,8,prohibited,New,,,,,,", label="2", on=date(2027, 1, 1))

    with pytest.raises(WrongVersionOrder, match="takes effect on 2027-01-01, which has not come"):
        services.activate_version(version_id=later.pk, user=None, now=NOW)

    assert rules_for("XX").versions == ("TEST 1",)


def test_what_is_active_or_empty_or_unknown_cannot_be_activated():
    version = active()
    empty = imported("A,8,prohibited,New,,,,,,", label="2", on=date(2026, 2, 1))
    RulebookVersion.objects.filter(pk=empty.pk).update(entry_count=0)

    with pytest.raises(NotADraft):
        services.activate_version(version_id=version.pk, user=None, now=NOW)
    with pytest.raises(EmptyVersion):
        services.activate_version(version_id=empty.pk, user=None, now=NOW)
    with pytest.raises(UnknownVersion):
        services.activate_version(version_id=0, user=None, now=NOW)
    assert RulebookVersion.objects.filter(status="active").count() == 1


def test_the_difference_names_what_is_added_removed_and_changed():
    first = active()
    second = imported(
        LAW[0].replace("Nastium,Nastium", "Nastium,Nastium|Bad Oil"),
        LAW[1].replace("2 %", "3 %"),
        "A,4,prohibited,Newium,,,,,,",
        label="2",
        on=date(2026, 2, 1),
    )

    found = difference_between(first.pk, second.pk)

    assert version_before(second) == first
    assert [own.place for own in found.added] == ["A 4"]
    assert [own.place for own in found.removed] == ["A 3"]
    assert [(own.after.place, [c.part for c in own.changes]) for own in found.changed] == [
        ("A 1", ["Names"]),
        ("A 2", ["Maximum concentration"]),
    ]


def test_a_review_replaces_what_was_read_and_keeps_what_was_before():
    active()
    before, rust = stamp(), entry("3")
    assert not rules_for("XX").entries[2].is_machine_checked

    services.review_entry(
        entry_id=rust.pk,
        limits=[Limit(scope=Scope(forms=frozenset({"spray"})), max_percent=Decimal("0.5"))],
        note="They are in cans only.",
        user=people.staff(),
        now=NOW,
    )

    reviewed = rules_for("XX").entries[2]
    assert reviewed.is_machine_checked
    assert [(own.max_percent, own.is_certain) for own in reviewed.limits] == [
        (Decimal("0.5"), True)
    ]
    assert stamp() != before
    kept = RuleReview.objects.get(entry=rust)
    assert kept.before["limits"][0]["is_certain"] is False
    assert kept.after["limits"][0]["scope"] == {"forms": ["spray"]}


def test_a_review_may_only_confirm():
    active()

    services.review_entry(entry_id=entry("1").pk, note="Read it.", user=None, now=NOW)

    assert entry("1").review_state == "reviewed"
    assert [own.max_percent for own in entry("2").limits.order_by("position")] == [1, 2]


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"note": " "}, "/note"),
        ({"limits": [Limit(max_percent=Decimal(101))]}, "/limits/0/max_percent"),
        ({"limits": [Limit(max_percent=Decimal(-1))]}, "/limits/0/max_percent"),
        ({"limits": [Limit(max_percent=Decimal(1), is_allowed=False)]}, "/limits/0/max_percent"),
    ],
)
def test_a_review_that_makes_no_sense_changes_nothing(given, pointer):
    active()

    with pytest.raises(InvalidReview) as refused:
        services.review_entry(
            **{"entry_id": entry("3").pk, "note": "x", "user": None, "now": NOW, **given}
        )

    assert refused.value.errors[0].pointer == pointer
    assert entry("3").review_state == "needs_review"
    assert not RuleReview.objects.exists()


def test_only_rules_that_still_count_are_reviewed():
    first = active()
    active("A,9,prohibited,Else,,,,,,", label="2", on=date(2026, 2, 1))

    with pytest.raises(InvalidReview, match="superseded"):
        services.review_entry(entry_id=entry("1", first).pk, note="x", user=None, now=NOW)
    with pytest.raises(UnknownEntry):
        services.review_entry(entry_id=0, note="x", user=None, now=NOW)


def test_a_new_version_keeps_the_reviews_of_the_same_words():
    active()
    services.review_entry(
        entry_id=entry("3").pk, limits=[Limit(max_percent=Decimal("0.4"))], note="Asked.",
        user=None, now=NOW,
    )  # fmt: skip

    second = imported(*LAW, "A,4,prohibited,New,,,,,,", label="2", on=date(2026, 2, 1))

    kept = entry("3", second)
    assert (kept.review_state, kept.review_note) == ("reviewed", "Asked.")
    assert [own.max_percent for own in kept.limits.all()] == [Decimal("0.4")]


def test_the_rules_of_a_law_take_few_queries_and_then_two(django_assert_num_queries):
    active()
    stamp()

    with django_assert_num_queries(7):
        rules_for("XX")
    with django_assert_num_queries(1):
        rules_for("XX")


def test_an_annex_of_2022_shows_what_has_become_law_since(real_data):
    raw = real_data / "cosmetics_regulation" / "raw"
    old = raw / "older_cosing_annex_III_2022.csv"
    new = raw / "cosing_annex_III_2026-09-09.csv"
    first = active(content=old.read_bytes(), file_name=old.name, label="2022", on=date(2022, 6, 1))
    second = imported(
        content=new.read_bytes(), file_name=new.name, label="2026", on=date(2026, 8, 28)
    )

    found = difference_between(first.pk, second.pk)

    added = {own.place for own in found.added}
    changes = {own.after.place: [c.part for c in own.changes] for own in found.changed}
    assert (first.entry_count, second.entry_count) == (304, 380)
    assert {"III 376", "III 381", "III 331"} <= added
    assert "Maximum concentration" in changes["III 98"]
    assert "Other" in changes["III 88"]


def test_a_file_of_one_annex_leaves_the_others_as_they_are(real_data):
    services.load_rulebooks(now=NOW)
    path = real_data / "cosmetics_regulation" / "raw" / "older_cosing_annex_VI_2022.csv"

    version = services.import_rulebook(
        rulebook="EU-1223-2009", content=path.read_bytes(), file_name=path.name, label="old VI",
        effective_from=date(2026, 9, 1), user=None, now=NOW,
    )  # fmt: skip

    found = {row["section"]: row["entries"] for row in counts(version.pk)}
    assert found == {"II": 1741, "III": 380, "IV": 154, "V": 55, "VI": 27}
    assert version.entry_count == sum(found.values())


def test_an_older_file_of_an_annex_must_say_which_one_it_is(real_data):
    path = real_data / "cosmetics_regulation" / "raw" / "older_cosing_annex_VI_2022.csv"

    with pytest.raises(UnreadableRulebook, match="does not say which annex"):
        imported(content=path.read_bytes(), file_name="download.csv")

    assert imported(content=path.read_bytes(), file_name="download.csv", section="VI").entry_count
