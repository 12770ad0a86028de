"""The executor of this machine keeps the contract of all executors."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from contract import ExecutorContract, Make, alone, shared

from harness.runs.executors.local import LocalExecutor

__all__ = ["alone", "shared"]


@pytest.fixture(scope="module")
def make() -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(closing(LocalExecutor(**{"jobs": 1, **options})))


class TestLocalExecutor(ExecutorContract):
    pass
