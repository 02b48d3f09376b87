"""The admin pages of substances and printed names."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog.products.models import CosmeticProduct
from compliance.substances import services
from compliance.substances.models import NameAnswer, Substance, UnknownName
from compliance.substances.selectors import vocabulary
from tests.factories.catalog import cosmetic
from tests.factories.compliance_substances import HEADING, INVENTORY, NOW, imported, substance

pytestmark = pytest.mark.django_db

LIST = "admin:compliance_unknownname_changelist"


@pytest.fixture
def officer(client):
    user = User.objects.create_user("officer", is_staff=True)
    for name in ("view_unknownname", "view_nameanswer", "view_substance", "settle_name"):
        user.user_permissions.add(Permission.objects.get(codename=name))
    user.user_permissions.add(Permission.objects.get(codename="import_substances"))
    client.force_login(user)
    return client


@pytest.fixture
def onlooker(client):
    user = User.objects.create_user("onlooker", is_staff=True)
    for name in ("view_unknownname", "view_nameanswer", "view_substance"):
        user.user_permissions.add(Permission.objects.get(codename=name))
    client.force_login(user)
    return client


def noted(*names):
    services.note_unknown(names=names, now=NOW)
    return UnknownName.objects.order_by("id").last()


def settle_url(name, meaning):
    return reverse("admin:compliance_unknownname_settle", args=[name.pk, meaning])


def upload(client, text):
    file = SimpleUploadedFile("inventory.csv", text.encode(), content_type="text/csv")
    return client.post(reverse("admin:substance_import"), {"file": file})


def test_the_most_frequent_unknown_name_comes_first_with_its_nearest_names(officer):
    substance("GLYCERIN")
    noted("Moon", "Glycerinn", "Glycerinn")

    page = officer.get(reverse(LIST)).content.decode()

    assert page.index("Glycerinn") < page.index("Moon")
    assert "GLYCERIN</button>" in page
    assert "Not an ingredient</button>" in page


def test_one_click_settles_a_name(officer):
    glycerin = substance("GLYCERIN")
    name = noted("Glycerinn")

    response = officer.post(settle_url(name, glycerin.pk), follow=True)

    assert "“Glycerinn” is remembered as GLYCERIN." in response.content.decode()
    answer = NameAnswer.objects.get()
    assert (answer.substance, answer.answered_by.username) == (glycerin, "officer")


def test_one_click_says_that_it_is_no_ingredient(officer):
    name = noted("Dermatologically tested")

    officer.post(settle_url(name, "none"))

    assert NameAnswer.objects.get().substance is None


def test_what_is_no_substance_settles_nothing(officer):
    name = noted("Moon")

    odd = officer.post(settle_url(name, "moon"))
    missing = officer.post(settle_url(name, "999999"), follow=True)

    assert odd.status_code == 404
    assert "There is no substance 999999." in missing.content.decode()
    assert not NameAnswer.objects.exists()


def test_a_name_settled_meanwhile_is_said_to_be(officer):
    name = noted("Moon")
    services.settle_name(key="moon", substance_id=None, user_id=None, now=NOW)

    response = officer.post(settle_url(name, "none"), follow=True)

    assert "Somebody has settled this name meanwhile." in response.content.decode()


def test_only_who_may_settle_sees_the_buttons(onlooker):
    substance("GLYCERIN")
    name = noted("Glycerinn")

    page = onlooker.get(reverse(LIST)).content.decode()
    refused = onlooker.post(settle_url(name, "none"))

    assert "GLYCERIN" in page
    assert "</button> <button" not in page
    assert "Not an ingredient</button>" not in page
    assert refused.status_code == 403
    assert not NameAnswer.objects.exists()


def test_settling_needs_a_post(officer):
    name = noted("Moon")

    response = officer.get(settle_url(name, "none"))

    assert response.status_code == 405
    assert not NameAnswer.objects.exists()


def test_several_names_get_one_meaning(officer):
    glycerin = substance("GLYCERIN")
    noted("Glycerinn", "Glyzerin")
    keys = list(UnknownName.objects.values_list("pk", flat=True))

    officer.post(
        reverse(LIST),
        {
            "action": "mean_one_substance",
            "_selected_action": keys,
            "_confirm": "yes",
            "substance": "glycerin",
        },
    )

    assert set(NameAnswer.objects.values_list("substance_id", flat=True)) == {glycerin.pk}
    assert NameAnswer.objects.count() == 2


def test_a_meaning_that_is_no_substance_is_answered_with_the_nearest(officer):
    substance("GLYCERIN")
    name = noted("Moon")

    response = officer.post(
        reverse(LIST),
        {
            "action": "mean_one_substance",
            "_selected_action": [name.pk],
            "_confirm": "yes",
            "substance": "Glyceryn",
        },
    )

    told = response.content.decode()
    assert "No substance is called “Glyceryn”. Near it are GLYCERIN." in told
    assert not NameAnswer.objects.exists()


def test_a_name_shows_the_products_it_is_printed_on(officer):
    product = cosmetic(name="Moon Cream")
    CosmeticProduct.objects.filter(pk=product.pk).update(ingredients="Aqua, Moonlight Extract")
    name = noted("Moonlight Extract")

    page = officer.get(reverse("admin:compliance_unknownname_change", args=[name.pk]))

    assert "Moon Cream" in page.content.decode()


def test_answers_are_listed_and_taken_back(officer):
    name = noted("Moon")
    services.settle_name(key="moon", substance_id=None, user_id=None, now=NOW)
    url = reverse("admin:compliance_nameanswer_changelist")

    page = officer.get(url).content.decode()
    officer.post(
        url,
        {
            "action": "take_back",
            "_selected_action": [NameAnswer.objects.get().pk],
            "_confirm": "yes",
            "reason": "A mistake",
        },
    )

    assert "Not an ingredient" in page
    assert not NameAnswer.objects.exists()
    assert UnknownName.objects.get(pk=name.pk).settled_at is None


@pytest.mark.parametrize("words", ["hexanediol", "6920-22-5", "230-029-6"])
def test_a_substance_is_found_by_name_and_by_number(officer, words):
    imported()

    page = officer.get(reverse("admin:compliance_substance_changelist"), {"q": words})

    told = page.content.decode()
    assert "1,2-HEXANEDIOL" in told
    assert "GLYCERIN" not in told


def test_an_upload_shows_what_differs_before_anything_changes(officer):
    told = upload(officer, INVENTORY).content.decode()

    assert "Take over 3 substances" in told
    assert "CAPRYLIC/CAPRIC TRIGLYCERIDE" in told
    assert not Substance.objects.exists()


def test_what_was_shown_is_taken_over_once(officer):
    seal = re.search(r'name="seal" value="(\w+)"', upload(officer, INVENTORY).content.decode())
    url = reverse("admin:substance_import")

    done = officer.post(url, {"seal": seal.group(1)}, follow=True)
    again = officer.post(url, {"seal": seal.group(1)}, follow=True)

    assert "3 new, 0 changed, 0 already so." in done.content.decode()
    assert "The file is no longer here: upload it again." in again.content.decode()
    assert Substance.objects.count() == 3


def test_a_file_without_a_column_is_refused_on_the_page(officer):
    told = upload(officer, "inci_name,cas_number\nGLYCERIN,\n").content.decode()

    assert "The file has no column einecs_number, function" in told
    assert not Substance.objects.exists()


def test_a_file_that_says_nothing_new_offers_nothing(officer):
    imported()

    told = upload(officer, HEADING + "GLYCERIN,,,\n").content.decode()

    assert "The file says nothing that is not known already." in told


def test_importing_needs_its_permission(onlooker):
    url = reverse("admin:substance_import")

    refused = onlooker.get(url)
    page = onlooker.get(reverse("admin:compliance_substance_changelist")).content.decode()

    assert refused.status_code == 403
    assert 'href="import/"' not in page


def test_another_name_typed_by_a_person_is_understood_at_once(client):
    client.force_login(User.objects.create_superuser("boss"))
    glycerin = substance("GLYCERIN")
    numbers = {f"numbers-{key}": 0 for key in ("TOTAL_FORMS", "INITIAL_FORMS")}

    client.post(
        reverse("admin:compliance_substance_change", args=[glycerin.pk]),
        {
            "functions": "Humectant, Solvent",
            "note": "",
            "names-TOTAL_FORMS": 1,
            "names-INITIAL_FORMS": 0,
            "names-0-substance": glycerin.pk,
            "names-0-name": "Sweet Stuff",
            **numbers,
        },
    )

    assert vocabulary().find("sweet stuff")[0].id == glycerin.pk
    glycerin.refresh_from_db()
    assert glycerin.functions == ["Humectant", "Solvent"]
    assert glycerin.history.count() == 1


def test_a_compliance_officer_may_settle_and_import_and_an_auditor_may_look(client):
    names = {
        role: set(Group.objects.get(name=role).permissions.values_list("codename", flat=True))
        for role in ("Compliance officer", "Auditor", "Warehouse")
    }

    assert {"settle_name", "import_substances", "view_substance"} <= names["Compliance officer"]
    assert "view_unknownname" in names["Auditor"]
    assert not {"settle_name", "import_substances"} & (names["Auditor"] | names["Warehouse"])
