"""PyTorch in workers, which have TensorFlow loaded: both run in one process, and nothing of it leaks into the next job."""

import pytest
import pytorches
from performing import perform

from harness.runs.executors.local import LocalExecutor

pytestmark = [pytest.mark.processes, pytorches.needs_pytorch]


@pytest.fixture(scope="module")
def executor():
    executor = LocalExecutor(jobs=1, threads=2)
    yield executor
    executor.close()


@pytest.fixture(scope="module")
def first(executor) -> tuple[int, float]:
    """The process and the loss of the worker's first training, which imports PyTorch."""
    (found,) = perform(executor, (pytorches.train,))
    return found


def test_it_trains_beside_tensorflow_alike_in_the_first_and_the_second_job_of_a_worker(executor, first):
    assert perform(executor, (pytorches.train,)) == [first] and executor.replaced == []


def test_it_has_as_many_threads_as_a_worker_is_given_and_processes_start_as_in_a_script(executor, first):
    assert perform(executor, (pytorches.threads,)) == [(2, "fork")]


def test_a_data_loaders_own_processes_have_the_studys_classes_and_end_with_the_job(executor, first):
    total, makers = perform(executor, (pytorches.load_beside,))[0]
    assert total == 2 * sum(place**2 for place in range(40)) and makers == 4
    assert perform(executor, (pytorches.train,)) == [first] and executor.replaced == []


@pytest.mark.parametrize("name", pytorches.CHANGES)
def test_what_a_job_changes_in_it_is_put_back_before_the_next(executor, first, name):
    changed, after, again = perform(executor, (pytorches.change, name), (pytorches.state,), (pytorches.train,))
    assert changed and changed != "relu", "the job changed nothing"
    assert after == ({}, "relu") and again == first and executor.replaced == []
