"""What is the address of a log folder, and what is refused as one."""

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.mirror.stores import open_store
from harness.mirror.urls import is_url, parse_url

pytestmark = pytest.mark.quick
pytest.importorskip("fsspec", reason="fsspec is not installed: no log folder elsewhere is tested")


@pytest.mark.parametrize("text", ["s3://user:pa55@bucket/logs", "s3://bucket/logs?token=pa55", "s3://bucket/logs#pa55"])
def test_a_secret_in_a_url_is_refused_and_not_repeated(text):
    with pytest.raises(UsageError, match="holds a password, a query or a fragment") as refused:
        parse_url(text)
    assert "pa55" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://host/logs", "cannot be a https:// URL"),
        ("file:///tmp/logs", "expected the folder itself"),
        ("s3://", "names no folder"),
        ("s3://bucket/../logs", "names no folder"),
        ("nosuch://bucket/logs", "nothing here serves nosuch://"),
    ],
)
def test_what_is_no_log_folder_is_refused(text, said):
    with pytest.raises(UsageError, match=said):
        open_store(parse_url(text))


def test_a_path_that_pathlib_made_of_a_url_is_one(tmp_path, monkeypatch):
    assert str(parse_url(Path("s3://bucket/logs"))) == "s3://bucket/logs"
    assert str(parse_url("S3://Bucket/logs")) == "s3://Bucket/logs"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s3:" / "bucket").mkdir(parents=True)
    assert not is_url(Path("s3:/bucket")), "a folder of that name is there"
    assert not is_url("logs") and not is_url(Path("/tmp/logs"))


def test_a_package_that_is_missing_is_named_with_its_command(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gcsfs", None)
    with pytest.raises(UsageError, match="pip install gcsfs"):
        open_store(parse_url("gs://bucket/logs"))
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(UsageError, match=r"pip install 'ablation-harness\[cloud\]'"):
        open_store(parse_url("s3://bucket/logs"))
