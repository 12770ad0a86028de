"""Every link in the Markdown of this project leads somewhere: a file that is there, a heading that it has."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.quick

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")


def prose(text: str) -> str:
    """Return a page without its code, in which brackets and parentheses mean something else."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))


def links(text: str) -> Iterator[str]:
    yield from (found["target"] for found in LINK.finditer(prose(text)))


def anchors(text: str) -> set[str]:
    """Return what GitHub calls the headings of a page, a second one of a name with a number."""
    names: list[str] = []
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), flags=re.M):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        name = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        names.append(f"{name}-{names.count(name)}" if name in names else name)
    return set(names)


def fault(target: str, page: Path) -> str | None:
    """Say what is wrong with a link of a page, None where nothing is; what lies elsewhere is looked at for its form alone."""
    address = urlsplit(target)
    if address.scheme or address.netloc:
        return None if address.scheme == "https" and "." in address.netloc else "expected https://HOST/..."
    if address.path.startswith("/") or "\\" in address.path:
        return "expected a path from the page's own folder"
    path = (page.parent / address.path).resolve() if address.path else page
    if not path.exists():
        return "there is no such file"
    if not path.is_relative_to(ROOT):
        return "the file is none of this project"
    if address.fragment and path.suffix == ".md" and address.fragment not in anchors(path.read_text(encoding="utf-8")):
        return "the page has no such heading"
    return None


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_to_a_file_that_is_there_and_to_a_heading_that_it_has(page: Path):
    text = page.read_text(encoding="utf-8")
    assert [f"{target}: {wrong}" for target in links(text) if (wrong := fault(target, page))] == []


def test_links_are_found_in_prose_and_not_in_code():
    text = "See [a](b.md), ![c [d]](e.png), [`f`](g.md#h) and `[i](j.md)`.\n```\n[k](l.md)\n```\n"
    assert list(links(text)) == ["b.md", "e.png", "g.md#h"]


@pytest.mark.parametrize(
    ("target", "wrong"),
    [
        ("gone.md", "there is no such file"),
        ("page.md#gone", "the page has no such heading"),
        ("#gone", "the page has no such heading"),
        ("/page.md", "expected a path from the page's own folder"),
        ("http://example.org/", "expected https://HOST/..."),
        ("page.md#of-it-summarycsv", None),
        ("#of-it-summarycsv-1", None),
        ("https://example.org/x#y", None),
    ],
)
def test_a_link_that_leads_nowhere_is_told(target: str, wrong: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("test_document_links.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("# Page\n## Of it: `summary.csv`\n## Of it: summary.csv\n```\n# gone\n```\n")
    assert fault(target, page) == wrong


def test_the_pages_of_both_readmes_have_the_same_links_and_commands():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh.md"))
    assert sorted({*links(english)} - {"README.zh.md"}) == sorted({*links(chinese)} - {"README.md"})
    assert commands(english) == commands(chinese)


def commands(text: str) -> list[str]:
    """Return what is typed in a page's blocks of code, without what is said of it."""
    blocks = re.findall(r"^```\n(.*?)^```", text, flags=re.M | re.S)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
