"""How a Ray cluster is reached, and what is said of one that is not, without a cluster."""

from pathlib import Path

import pytest

from harness.runs.executors import ray_cluster
from harness.runs.executors.ray_cluster import _refusal, _show_token

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("variables", "file", "mode"),
    [
        ({}, False, None),  # nobody asks for a token before its user has one
        ({}, True, "token"),
        ({"RAY_AUTH_TOKEN": "secret"}, False, "token"),
        ({"RAY_AUTH_TOKEN_PATH": "/x"}, False, "token"),
        ({"RAY_AUTH_MODE": "disabled"}, True, "disabled"),
    ],
)
def test_a_user_who_has_a_token_shows_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], file: bool, mode: str | None
) -> None:
    environment = dict(variables)
    monkeypatch.setattr(ray_cluster.os, "environ", environment)
    monkeypatch.setattr(ray_cluster, "TOKEN_FILE", tmp_path / "auth_token")
    if file:
        ray_cluster.TOKEN_FILE.touch()
    _show_token()
    assert environment.get("RAY_AUTH_MODE") == mode


def test_a_cluster_that_does_not_take_the_token_is_said_to_ask_for_one() -> None:
    error = ConnectionError("Failed to connect to Ray cluster at h:6379")
    error.__cause__ = RuntimeError(
        "Failed to connect to GCS. … ray.exceptions.AuthenticationError: RPC error: InvalidAuthToken"
    )
    said = _refusal("h:6379", error)
    assert said.startswith("The cluster at h:6379 asks for a token that this machine does not have") and "auth_token" in said
