"""The drawing page's server: every request is checked; what is wrong is one line, and the server goes on."""

import json
import math
from dataclasses import dataclass

import numpy as np
import pytest

from harness.analysis.test_samples import TestSamples
from harness.draw.saved_models import Ensemble, disagreements
from harness.draw.server import Rate, make_app
from harness.draw.words import LANGUAGES, WORDS

pytestmark = pytest.mark.quick

PORT = 7000
BLANK = [0] * 784
HEADERS = {"Host": f"localhost:{PORT}"}


@dataclass
class Sums(Ensemble):
    """Answers by the sum of the pixels of each third of an image; no framework takes part."""

    turn: int = 0

    def probabilities(self, images):
        thirds = np.stack([images[:, :, start : start + 9].sum(axis=(1, 2)) for start in (0, 9, 18)], axis=1) + 1.0
        return np.stack([np.roll(thirds / thirds.sum(axis=1, keepdims=True), self.turn, axis=1)] * len(self.seeds))

    def saliency(self, image):
        return image / 255


def ensemble(name: str = "s/base", **changes) -> Sums:
    images = np.zeros((3, 28, 28), np.uint8)
    images[0, :, 2], images[1, :, 12], images[2, :, 22] = 255, 255, 255
    samples = TestSamples(np.array([0, 1, 2]), (), images)
    values = dict(
        name=name, data="mnist", class_names=(), seeds=[0, 1], models=[], scales=[1, 1], shapes=[[28, 28]] * 2, samples=samples
    )
    return Sums(**(values | changes))


@pytest.fixture
def client():
    return make_app([ensemble(), ensemble("s/turned", turn=1)], language="en", port=PORT).test_client()


def column(place: int) -> list[int]:
    image = np.zeros((28, 28), int)
    image[6:22, place] = 200
    return image.ravel().tolist()


def ask(client, content, *, path="/answer", headers=None):
    return client.post(path, data=json.dumps(content), headers=HEADERS | {"Content-Type": "application/json"} | (headers or {}))


def test_every_seed_of_every_model_answers_to_what_it_is_shown(client):
    found = ask(client, {"pixels": column(2), "centre": False}).json
    assert set(found["answers"]) == {"s/base", "s/turned"} and len(found["answers"]["s/base"]) == 2
    assert np.argmax(found["answers"]["s/base"][0]) == 0 and np.argmax(found["answers"]["s/turned"][0]) == 1
    assert found["seen"] == column(2) and found["offset"][0] == pytest.approx(2 - 13.5)
    middle = ask(client, {"pixels": column(2), "centre": True}).json
    assert np.argmax(middle["answers"]["s/base"][0]) == 1 and abs(middle["offset"][0]) <= 0.51


def test_an_empty_drawing_is_answered_without_a_place(client):
    assert ask(client, {"pixels": BLANK}).json["offset"] is None


def test_the_page_and_its_state_are_in_both_languages():
    for language in LANGUAGES:
        client = make_app([ensemble()], language=language, port=PORT).test_client()
        assert WORDS[language]["title"] in client.get("/", headers=HEADERS).text
        assert client.get("/state", headers=HEADERS).json["words"] == WORDS[language]
    assert set(WORDS["en"]) == set(WORDS["zh"])


def test_test_images_curves_and_saliency_are_given(client):
    assert client.get("/sample/test/4", headers=HEADERS).json == {
        "pixels": client.get("/sample/test/1", headers=HEADERS).json["pixels"],
        "class": "1",
        "number": 1,
    }
    first = client.get("/sample/disagreement/0", headers=HEADERS).json
    assert first["number"] in (0, 1, 2)
    curves = client.get("/curves", headers=HEADERS).json
    assert dict(curves["s/base"])[0] == 1.0 and dict(curves["s/base"])[12] < 1.0
    assert len(ask(client, {"pixels": column(3)}, path="/saliency").json["s/turned"]) == 784


def test_two_models_that_agree_have_no_disagreement():
    assert disagreements(ensemble(), ensemble("s/same")) == []
    client = make_app([ensemble(), ensemble("s/same")], language="en", port=PORT).test_client()
    answer = client.get("/sample/disagreement/0", headers=HEADERS)
    assert answer.status_code == 400 and "agree on every test image" in answer.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"pixels": [0] * 783}, "783"),
        ({"pixels": [math.nan] * 784}, "from 0 to 255"),
        ({"pixels": [[0] * 28] * 28}, "28 of them"),
        ({"pixels": "0" * 784}, "received str"),
        ({}, "received NoneType"),
        ([], "JSON object"),
        ("x" * 10_000_000, "."),
        ({"pixels": [10**400] * 1 + [0] * 783}, "from 0 to 255"),
    ],
)
def test_a_wrong_drawing_is_refused_in_one_line_and_the_server_goes_on(client, content, said):
    answer = ask(client, content)
    assert answer.status_code == 400 and said in answer.text and "\n" not in answer.text and len(answer.text) < 200
    assert ask(client, {"pixels": BLANK}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": f"localhost:{PORT + 1}"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[evil"},
        {"Origin": f"https://localhost:{PORT}"},
    ],
)
def test_another_host_or_origin_is_refused(client, headers):
    for answer in (ask(client, {"pixels": BLANK}, headers=headers), client.get("/", headers=HEADERS | headers)):
        assert answer.status_code == 403 and "\n" not in answer.text


@pytest.mark.parametrize("body", ["[" * 30_000, "{", "1" * 5_000, "\\ud800"])
def test_what_is_hardly_json_is_one_line_too(client, body):
    answer = client.post("/answer", data=body, headers=HEADERS | {"Content-Type": "application/json"})
    assert answer.status_code == 400 and "JSON object" in answer.text


def test_its_own_origin_is_welcome(client):
    for host in ("localhost", "127.0.0.1"):
        headers = {"Host": f"{host}:{PORT}", "Origin": f"http://{host}:{PORT}"}
        assert ask(client, {"pixels": BLANK}, headers=headers).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("get", "/answer"), ("post", "/"), ("put", "/state"), ("get", "/sample/x/1")])
def test_another_method_or_kind_is_400(client, method, path):
    answer = getattr(client, method)(path, headers=HEADERS)
    assert answer.status_code == 400 and "\n" not in answer.text


@pytest.mark.parametrize("path", ["/static/../server.py", "/static/%2e%2e/server.py", "/sample/test/-1", "/etc/passwd"])
def test_no_path_leads_out(client, path):
    assert client.get(path, headers=HEADERS).status_code == 404


def test_too_many_requests_are_told_to_wait():
    client = make_app([ensemble()], language="en", port=PORT, most_a_second=3).test_client()
    codes = [client.get("/", headers=HEADERS).status_code for _ in range(6)]
    assert codes[:3] == [200, 200, 200] and codes[-1] == 429


def test_the_rate_recovers(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("harness.draw.server.time.monotonic", lambda: now[0])
    rate = Rate(2)
    assert [rate.allows() for _ in range(3)] == [True, True, False]
    now[0] += 0.5
    assert [rate.allows() for _ in range(2)] == [True, False]
