"""Settings that a function is seen never to read: a variant that changes one is refused before it trains."""

import textwrap

import pytest

from harness import Settings, Study, Variant
from harness.errors import UsageError
from harness.study.loading import load_study
from harness.study.settings_reads import visible_reads


def plain(settings, trial):
    """Read some of the settings."""
    rate = settings.rate

    def inner():
        return [f"{settings.text}" for _ in range(settings.depth)]

    return {"test_accuracy": rate + len(inner())}


def given_on(settings, trial):
    return plain(settings, trial)


def test_what_a_plain_function_reads_is_seen_in_functions_within_it_and_in_texts():
    assert visible_reads(plain) == {"rate", "text", "depth"}


BODIES = {
    "given on": "helper(settings)",
    "given on by name": "helper(s=settings)",
    "kept in a list": "[settings]",
    "named anew": "s = settings; return s.rate",
    "read by a name": "getattr(settings, 'rate')",
    "unpacked": "dict(**vars(settings))",
    "all names": "helper(**locals())",
    "evaluated": "eval('settings' + '.rate')",
    "in a query": "table.query('x < @settings.rate')",
    "a frame": "sys._getframe().f_locals",
    "bound by a default": "lambda s=settings: s.rate",
    "given back": "return settings",
    "set anew": "settings = other; return settings.rate",
    "matched": "match settings:\n        case _: pass",
    "asked of": "return settings == 3",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_nothing_is_said_of_a_function_that_may_read_more_than_is_seen(tmp_path, body):
    path = tmp_path / "own.py"
    path.write_text(
        "import sys\nfrom harness import Study, Variant\n"
        f"def train(settings, trial):\n    {body}\n"
        "STUDY = Study('own', base={'rate': 0.1, 'depth': 1}, train=train, variants=[Variant('deep', depth=2)])\n"
    )
    assert load_study(str(path)).names == ("base", "deep")


def decorated(function):
    def wrapper(settings, trial):
        return function(settings, trial, settings.depth)

    return wrapper


@decorated
def wrapped(settings, trial, depth):
    return depth


class Callable:
    def __call__(self, settings, trial):
        return settings.rate


@pytest.mark.parametrize("function", [wrapped, Callable(), lambda settings, trial: settings.rate])
def test_nor_of_what_is_no_plain_function(function):
    assert visible_reads(function) is None


def train(settings, trial):
    trial.log(1, test_accuracy=settings.rate)


BASE = {"rate": 0.1, "depth": 1, "width": 2}


def test_a_variant_whose_setting_is_never_read_is_refused_in_one_line():
    said = (
        "Variant 'deep' of study 'own' changes depth=2, and train(settings, trial) never reads settings.depth, so that it "
        "would train what 'base' does; expected a function that uses it."
    )
    with pytest.raises(UsageError) as caught:
        Study("own", base=BASE, train=train, variants=[Variant("fast", rate=1.0), Variant("deep", depth=2)])
    assert str(caught.value) == said
    both = [Variant("fast", rate=1.0), Variant("deep", depth=2, rate=1.0, control="fast")]
    with pytest.raises(UsageError, match="would train what 'fast' does"):
        Study("own", base=BASE, train=train, variants=both)
    assert Study("own", base=BASE, train=given_on, variants=[Variant("deep", depth=2)])


def test_a_property_of_the_settings_may_read_any_of_them():
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Own(Settings):
        scale: float = 1.0

        @property
        def rate(self) -> float:
            return self.learning_rate * self.scale

    assert Study("own", base=Own(), train=train, variants=[Variant("large", scale=2.0)])


def with_data(settings, trial, data):
    return {"test_accuracy": settings.rate}


def test_the_dataset_is_read_where_it_is_asked_for():
    base = {"rate": 0.1, "dataset": "mnist"}
    assert Study("own", base=base, train=with_data, variants=[Variant("flowers", dataset="iris")])


def test_a_study_in_toml_says_where_the_variant_stands(tmp_path):
    (tmp_path / "own.py").write_text(
        textwrap.dedent("""
        from harness import Study
        def train(settings, trial):
            return {"test_accuracy": settings.rate}
        STUDY = Study("own", base={"rate": 0.1, "depth": 1}, train=train, variants=[])
        """)
    )
    (tmp_path / "more.toml").write_text('like = "own.py"\n[variants.deep]\ndepth = 2\n')
    with pytest.raises(UsageError, match=r"\[variants.deep\].*changes depth=2, and train\(settings, trial\) never reads"):
        load_study(str(tmp_path / "more.toml"))
