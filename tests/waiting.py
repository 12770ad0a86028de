"""Waiting for what another process will do."""

import time


def wait_until(holds) -> None:
    deadline = time.monotonic() + 600
    while not holds():
        assert time.monotonic() < deadline, "TensorBoard did not show in ten minutes what was written"
        time.sleep(0.2)
