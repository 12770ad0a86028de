"""The documentation as a site: built without a warning and without the network, with every public name and command in it."""

import html
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import harness
from harness.cli import main

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("mkdocs", "material", "mkdocstrings", "latex2mathml")
UNREACHABLE = "http://127.0.0.1:9"  # nothing listens there: what asks the network fails at once


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site."""
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        pytest.skip(f"NOT TESTED that the site can be built: {', '.join(missing)} not installed; ./scripts/docs installs them")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "--quiet", "build", "--strict", "--site-dir", str(folder)]
    no_network = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), UNREACHABLE)
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    environment = os.environ | no_network | {"PYTHONPATH": path, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr.strip(), "a build without a warning says nothing"
    return folder


def text_of(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def test_every_public_name_has_its_docstring_in_the_site(site: Path):
    page = text_of(site / "reference" / "python.html")
    for name in harness.__all__:
        first = (getattr(harness, name).__doc__ or "").strip().split("\n")[0].replace("`", "")
        assert first and first in page, name


def test_every_command_has_its_help_in_the_site(site: Path):
    page = text_of(site / "reference" / "commands.html")
    for name in main.commands:
        assert f"Usage: harness {name} [OPTIONS]" in page


def test_pages_fetch_nothing_from_elsewhere(site: Path):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        loaded = re.findall(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=\"([^\"]*)\"", page.read_text(encoding="utf-8"))
        assert [address for address in loaded if re.match(r"(?:https?:)?//", address)] == [], page


def test_formulas_are_drawn_by_the_browser_itself(site: Path):
    page = (site / "verdicts.html").read_text(encoding="utf-8")
    assert "<math" in page and "arithmatex" not in page


def test_examples_in_docstrings_are_code_and_not_quotations(site: Path):
    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    assert "&gt;&gt;&gt; </span>" in page and "<blockquote>" not in page and "doctest: +SKIP" not in page


@pytest.mark.quick
def test_the_page_of_the_public_names_has_each_of_them_once():
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^::: harness\.(\w+)$", page, flags=re.M)) == sorted(harness.__all__)


@pytest.mark.quick
def test_every_page_of_docs_is_in_the_sites_navigation():
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert pages <= set(re.findall(r"[\w/.-]+\.md", menu))
