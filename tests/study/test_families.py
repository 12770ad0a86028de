import numpy as np
import pytest

from harness import Settings, Study, Variant, add_one_in, combinations, grid, leave_one_out, one_at_a_time, pairs
from harness.errors import UsageError

pytestmark = pytest.mark.quick

BASE = Settings(learning_rate=0.001, batch_size=32)


def changes(variants: tuple[Variant, ...]) -> dict[str, str]:
    """Return what each variant changes against its control; a study of them must be sound."""
    study = Study("family", base=BASE, variants=variants)
    assert all(variant.family == variants[0].family != "" for variant in variants)
    assert tuple(study.families().values()) == (study.names[1:],)
    return {variant.name: study.change(variant.name) for variant in variants}


def test_each_value_of_each_setting_alone():
    assert changes(one_at_a_time(BASE, learning_rate=(0.01, 0.1), hidden=((64,), (512, 256)), optimizer=["sgd"])) == {
        "learning-rate-0.01": "learning_rate=0.01",
        "learning-rate-0.1": "learning_rate=0.1",
        "hidden-64": "hidden=64",
        "hidden-512-256": "hidden=512-256",
        "optimizer-sgd": "optimizer=sgd",
    }


def test_a_value_that_the_base_has_is_left_out():
    assert list(changes(one_at_a_time(BASE, learning_rate=(0.001, 0.01)))) == ["learning-rate-0.01"]


def test_each_cell_of_a_grid_is_held_against_the_cell_without_its_last_change():
    assert changes(grid(BASE, learning_rate=(0.01,), batch_size=(32, 64))) == {
        "batch-size-64": "batch_size=64",
        "learning-rate-0.01": "learning_rate=0.01",
        "learning-rate-0.01-batch-size-64": "batch_size=64 (vs learning-rate-0.01)",
    }


def test_each_pair_of_changes_is_held_against_the_first_alone():
    made = changes(pairs(BASE, learning_rate=0.01, normalize=False, remove="pool-2"))
    assert len(made) == 6
    assert made["learning-rate-0.01-no-normalize"] == "normalize=False (vs learning-rate-0.01)"
    assert made["no-normalize-no-pool-2"] == "remove=pool-2 (vs no-normalize)"


def test_one_part_left_out_at_a_time():
    assert changes(leave_one_out(BASE, "normalize", remove=("dropout-1", "pool-*"))) == {
        "no-normalize": "normalize=False",
        "no-dropout-1": "remove=dropout-1",
        "no-pool-all": "remove=pool-*",
    }


def test_one_part_put_in_at_a_time_is_held_against_none_of_them():
    assert changes(add_one_in(BASE, "normalize", remove=("dropout-1", "pool-2"))) == {
        "bare": "normalize=False, remove=dropout-1,pool-2",
        "only-normalize": "normalize=True (vs bare)",
        "only-dropout-1": "remove=pool-2 (vs bare)",
        "only-pool-2": "remove=dropout-1 (vs bare)",
    }


def test_a_combination_is_held_against_the_nearest_one_before_it():
    cells = [{"learning_rate": 0.01}, {"learning_rate": 0.1}, {"learning_rate": 0.1, "epochs": 9}, {"epochs": 2, "samples": 5}]
    assert changes(combinations(BASE, cells)) == {
        "learning-rate-0.01": "learning_rate=0.01",
        "learning-rate-0.1": "learning_rate=0.1",
        "learning-rate-0.1-epochs-9": "epochs=9 (vs learning-rate-0.1)",
        "epochs-2-samples-5": "epochs=2, samples=5",
    }


def test_a_combinations_control_may_stand_behind_it():
    longer = {"epochs": 16, "hidden": (32,)}
    cells = [longer | {"samples": 9}, longer, {"epochs": 16}, {"epochs": 16, "hidden": (8,)}]
    assert changes(combinations(BASE, cells)) == {
        "hidden-32-epochs-16-samples-9": "samples=9 (vs hidden-32-epochs-16)",
        "hidden-32-epochs-16": "hidden=32 (vs epochs-16)",
        "epochs-16": "epochs=16",
        "hidden-8-epochs-16": "hidden=8 (vs epochs-16)",
    }
    others = [{"epochs": 2, "samples": 5}, {"epochs": 2, "samples": 6}]
    assert changes(combinations(BASE, others))["epochs-2-samples-6"] == "samples=6 (vs epochs-2-samples-5)"


def test_combinations_can_be_given_names():
    assert list(changes(combinations(BASE, {"slow": {"learning_rate": 1e-5}}))) == ["slow"]


def test_layers_put_in_give_names_too():
    made = changes(one_at_a_time(BASE, insert_after=("hidden-1=Dropout(0.2)", "hidden-1=Dropout(0.5)")))
    assert made["hidden-1-Dropout-0.2"] == "insert_after=hidden-1=Dropout(0.2)"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: grid(BASE, learning_rat=(0.1,)), "Did you mean 'learning_rate'?"),
        (lambda: grid(BASE, epochs=("many",)), "epochs must be a whole number; received 'many'"),
        (lambda: one_at_a_time(BASE, optimizer="sgd"), "optimizer is 'sgd'; expected a list of values"),
        (lambda: one_at_a_time(BASE, epochs=(5,)), "has no variants: the base has all of its values already"),
        (lambda: grid(BASE, epochs=range(1, 99), batch_size=range(1, 99)), "expected at most 1000"),
        (lambda: leave_one_out(BASE, "epochs"), "epochs must be a whole number; received False"),
        (lambda: leave_one_out(BASE, hidden=("a",)), "received hidden=; expected switches by their names"),
        (lambda: leave_one_out(Settings(flatten=False), "flatten"), "flatten is False in the base"),
        (lambda: add_one_in(BASE, "flatten"), "at least two parts"),
        (lambda: combinations(BASE, ["epochs"]), "received the combination 'epochs'"),
    ],
)
def test_a_family_that_is_wrong_is_refused(make, said):
    with pytest.raises(UsageError) as caught:
        make()
    assert said in str(caught.value)


def test_values_of_numpy_give_the_names_and_settings_of_plain_ones():
    made = grid(BASE, learning_rate=np.logspace(-4, -1, 2), batch_size=np.array([32, 64]), normalize=np.array([True, False]))
    plain = grid(BASE, learning_rate=(0.0001, 0.1), batch_size=(32, 64), normalize=(True, False))
    assert made == plain and changes(made) == changes(plain)
    with pytest.raises(UsageError, match="expected a list of values"):
        one_at_a_time(BASE, learning_rate=np.array(0.1))


def test_a_name_that_cannot_be_stored_is_refused_in_a_family_too():
    with pytest.raises(UsageError, match="'attempt-2' is that of a file or folder"):
        combinations(BASE, {"attempt-2": {"epochs": 7}})
    with pytest.raises(UsageError, match="cannot be a folder's name"):
        combinations(BASE, [{"replace": tuple(f"hidden-{number}=Dropout(0.{number})" for number in range(9))}])
