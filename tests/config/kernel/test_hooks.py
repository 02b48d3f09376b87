import pytest

from config.kernel import hooks
from config.kernel.hooks import Hook


@pytest.fixture
def make_hook(monkeypatch):
    """Hooks of this test alone."""
    monkeypatch.setattr(hooks, "_hooks", {})
    return Hook


def test_asks_the_one_who_registered(make_hook):
    hook = make_hook("kernel.test.double")
    hook.register(lambda number: number * 2)

    assert hook.ask(4) == 8


def test_asks_nobody_twice(make_hook):
    def answer():
        return 1

    hook = make_hook("kernel.test.once")
    hook.register(answer)
    hook.register(answer)

    assert hook.all() == [1]


def test_collects_the_answers_of_all(make_hook):
    hook = make_hook("kernel.test.many", required=False)

    assert hook.all() == []

    hook.register(lambda: "a")
    hook.register(lambda: "b")

    assert hook.all() == ["a", "b"]


def test_reports_a_required_hook_that_nobody_answers(make_hook):
    make_hook("kernel.test.required")
    make_hook("kernel.test.optional", required=False)
    make_hook("kernel.test.answered").register(lambda: 1)

    errors = hooks.check_required_hooks()

    assert [error.msg for error in errors] == ["Nobody answers the hook kernel.test.required."]
    assert errors[0].id == "kernel.E001"


def test_takes_other_answers_for_a_while(make_hook):
    hook = make_hook("kernel.test.replaced")
    hook.register(lambda: "real")

    with hook.answered_by(lambda: "stand-in"):
        assert hook.ask() == "stand-in"

    assert hook.ask() == "real"


def test_refuses_two_hooks_of_one_name(make_hook):
    make_hook("kernel.test.twice")

    with pytest.raises(AssertionError, match=r"kernel\.test\.twice"):
        make_hook("kernel.test.twice")
