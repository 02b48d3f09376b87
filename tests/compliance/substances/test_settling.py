"""What people say of printed names, and what waits for them."""

import pytest
from django.contrib.auth import get_user_model

from compliance.substances import services
from compliance.substances.errors import NameTaken, UnknownSubstance
from compliance.substances.models import NameAnswer, UnknownName
from compliance.substances.rules.shapes import MatchKind
from compliance.substances.selectors import names_stamp, open_names, vocabulary
from config.kernel.errors import InvalidInput
from tests.factories.compliance_substances import LATER, NOW, imported, substance

pytestmark = pytest.mark.django_db


def settle(key, substance_id=None, now=NOW, **given):
    return services.settle_name(key=key, substance_id=substance_id, user_id=None, now=now, **given)


def test_unknown_names_are_counted_by_key():
    first = services.note_unknown(names=["Fairy  Dust", "fairy dust", "Moon Oil"], now=NOW)
    again = services.note_unknown(names=["FAIRY DUST"], now=LATER)

    assert (first, again) == (2, 0)
    dust = UnknownName.objects.get(key="fairy dust")
    assert (dust.text, dust.times_seen) == ("Fairy  Dust", 3)
    assert (dust.first_seen_at, dust.last_seen_at) == (NOW, LATER)


def test_noting_unknown_names_moves_no_stamp():
    before = names_stamp()

    services.note_unknown(names=["Moon Oil"], now=NOW)

    assert names_stamp() == before


def test_an_answer_is_remembered_for_every_list():
    glycerin = substance("GLYCERIN")
    services.note_unknown(names=["Sweet Stuff"], now=NOW)

    settle("sweet stuff", glycerin.pk, now=LATER)

    assert vocabulary().find("SWEET  stuff")[0].id == glycerin.pk
    assert vocabulary().find("Sweet Stuff")[1] is MatchKind.REMEMBERED
    assert not open_names().exists()
    assert UnknownName.objects.get().settled_at == LATER


def test_no_ingredient_is_an_answer_too():
    services.note_unknown(names=["Dermatologically tested"], now=NOW)

    answer = settle("dermatologically tested")

    assert answer.text == "Dermatologically tested"
    assert vocabulary().find("Dermatologically tested") == (None, MatchKind.REMEMBERED)


def test_a_new_answer_takes_the_place_of_the_old_one():
    glycerin, urea = substance("GLYCERIN"), substance("UREA")
    settle("sweet stuff", glycerin.pk)

    settle("sweet stuff", urea.pk, now=LATER)

    assert vocabulary().find("sweet stuff")[0].inci_name == "UREA"
    answer = NameAnswer.objects.get()
    assert [row.substance_id for row in answer.history.order_by("history_id")] == [
        glycerin.pk,
        urea.pk,
    ]


def test_an_inci_name_means_its_own_substance():
    urea = substance("UREA")
    substance("GLYCERIN")

    with pytest.raises(NameTaken, match="“GLYCERIN” already names GLYCERIN"):
        settle("Glycerin", urea.pk)

    assert not NameAnswer.objects.exists()


def test_what_is_not_there_cannot_be_meant():
    with pytest.raises(UnknownSubstance, match="There is no substance 12345"):
        settle("sweet stuff", 12345)
    with pytest.raises(InvalidInput, match="no letter or digit"):
        settle(" *** ")

    assert not NameAnswer.objects.exists()


def test_several_names_are_settled_together_or_not_at_all():
    substance("GLYCERIN")
    services.note_unknown(names=["a remark", "b remark", "Moon"], now=NOW)

    done = services.settle_names(
        keys=["a remark", "b remark"], substance_id=None, user_id=None, now=LATER
    )
    with pytest.raises(NameTaken):
        services.settle_names(
            keys=["moon", "zz", "glycerin"], substance_id=None, user_id=None, now=LATER
        )

    assert done == 2
    assert [name.key for name in open_names()] == ["moon"]


def test_an_answer_taken_back_lets_the_name_wait_again():
    services.note_unknown(names=["Moon Oil"], now=NOW)
    answer = settle("moon oil")
    stamp = names_stamp()

    services.forget_answer(answer_id=answer.pk, now=LATER, reason="Said by mistake")

    assert vocabulary().find("Moon Oil") == (None, MatchKind.NONE)
    assert [name.key for name in open_names()] == ["moon oil"]
    assert names_stamp() != stamp


def test_who_answered_is_kept():
    user = get_user_model().objects.create_user("officer")

    answer = services.settle_name(key="moon", substance_id=None, user_id=user.pk, now=NOW)

    assert (answer.answered_by, answer.answered_at) == (user, NOW)


def test_ensured_substances_are_those_that_are_missing():
    imported()

    added = services.ensure_substances(names=["Glycerin", "Chloroacetamide", ""], now=NOW)

    assert added == 1
    assert vocabulary().find("chloroacetamide")[1] is MatchKind.EXACT
    assert services.ensure_substances(names=["CHLOROACETAMIDE"], now=NOW) == 0


def test_the_vocabulary_is_remade_when_another_process_moved_the_stamp():
    imported()
    known = vocabulary()

    same = vocabulary()
    services.names_changed()
    other = vocabulary()

    assert same is known
    assert other is not known
    assert other.find("glycerin")[0] == known.find("glycerin")[0]
