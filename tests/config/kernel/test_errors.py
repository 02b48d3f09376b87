from config.kernel.errors import DomainError, FieldError, Forbidden, InvalidInput, NotFound


class TooHeavy(DomainError):
    code = "too-heavy"
    title = "Too heavy"


def test_reads_as_its_sentence():
    assert str(TooHeavy("It weighs 40 kg.")) == "It weighs 40 kg."


def test_reads_with_the_fields_that_are_wrong():
    error = InvalidInput("Not valid.", errors=[FieldError("/lines/0/sku", "unknown", "No such.")])

    assert str(error) == "Not valid. /lines/0/sku: No such."
    assert error.errors == (FieldError("/lines/0/sku", "unknown", "No such."),)


def test_carries_further_members():
    assert TooHeavy("No.", limit=30).extra == {"limit": 30}


def test_knows_its_status():
    statuses = [error.status for error in (TooHeavy, InvalidInput, NotFound, Forbidden)]

    assert statuses == [409, 422, 404, 403]
