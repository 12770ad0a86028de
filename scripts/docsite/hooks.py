"""What the site has beyond the files of docs/: pages of the project's root, examples in full, commands' help, formulas.

MkDocs calls the functions that begin with on_ (mkdocs.yml). The Markdown in docs/ stays as GitHub shows it: links lead to
files, and formulas stand between dollars.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import click
from latex2mathml.converter import convert
from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from harness.cli import main

ROOT = Path(__file__).resolve().parents[2]
FROM_ROOT = ("CHANGELOG.md", "CONTRIBUTING.md")  # pages of the site, and files of the root
EXAMPLES = "own"  # the folder in docs/ with files that run
LANGUAGES = {".py": "python", ".toml": "toml"}
COMMANDS = "<!-- the commands' help -->"  # where it goes
HELP_WIDTH = 100
_FORMULA = re.compile(r'<(?P<tag>span|div) class="arithmatex">\\(?P<open>[([])(?P<tex>.*?)\\[)\]]</(?P=tag)>', flags=re.DOTALL)


class Doctests(Extension):
    """Shows what begins with >>> in a docstring as code; in Markdown it would be a quotation."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Have Markdown read docstrings so."""
        md.preprocessors.register(_Doctests(md), "doctests", priority=50)


class _Doctests(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        return fenced("\n".join(lines)).split("\n")


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add to Markdown what docstrings need."""
    config.markdown_extensions.append(Doctests())
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the pages of the project's root, and one that shows the examples."""
    for name in FROM_ROOT:
        text = (ROOT / name).read_text(encoding="utf-8").replace("](docs/", "](")
        files.append(File.generated(config, name, content=text))
    files.append(File.generated(config, f"{EXAMPLES}/README.md", content=examples_page(Path(config.docs_dir) / EXAMPLES)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Have links to files of the root, and to examples, lead to their place in the site; write out the commands' help."""
    markdown = re.sub(rf"\]\(\.\./(?=(?:{'|'.join(map(re.escape, FROM_ROOT))})\b)", "](", markdown)
    markdown = re.sub(rf"\]\({EXAMPLES}/([\w.]+)\)", lambda link: f"]({EXAMPLES}/README.md#{anchor(link[1])})", markdown)
    return markdown.replace(COMMANDS, "\n".join(commands_help(main, "harness")))


def on_page_content(content: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put formulas into MathML, which browsers draw by themselves."""
    return _FORMULA.sub(_mathml, content)


def examples_page(folder: Path) -> str:
    """Return a page with all files of a folder, each under its name."""
    parts = ["# Files that run", "The files that [a study of your own](../your-own-study.md) names. A test runs each."]
    for path in sorted(folder.iterdir()):
        if path.suffix in LANGUAGES:
            text = path.read_text(encoding="utf-8").rstrip()
            parts += [f"## {path.name}", f"```{LANGUAGES[path.suffix]}\n{text}\n```"]
    return "\n\n".join(parts) + "\n"


def commands_help(command: click.Command, name: str, within: click.Context | None = None) -> Iterator[str]:
    """Yield the lines of Markdown with the help of a command and of those below it, each under a heading."""
    settings = {**command.context_settings, "terminal_width": HELP_WIDTH, "max_content_width": HELP_WIDTH}
    ctx = click.Context(command, info_name=name, parent=within, **settings)
    yield from (f"\n## {ctx.command_path}\n", "```text", command.get_help(ctx), "```")
    if isinstance(command, click.Group):
        for below in command.list_commands(ctx):
            found = command.get_command(ctx, below)
            if found and not found.hidden:
                yield from commands_help(found, below, ctx)


def fenced(text: str) -> str:
    """Return a text with each run of lines that begin with >>> as a block of code, without what only doctest reads."""
    plain = re.sub(r"  # doctest: .*$", "", text, flags=re.MULTILINE)
    return re.sub(
        r"(?:^(?:>>>|\.\.\.) .*(?:\n|\Z))+", lambda lines: f"```pycon\n{lines[0].rstrip()}\n```\n", plain, flags=re.MULTILINE
    )


def anchor(name: str) -> str:
    """Return what a heading of that name is called in its page's address, on GitHub as here."""
    return re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-")


def _mathml(found: re.Match[str]) -> str:
    tex = html.unescape(found["tex"]).strip().replace(r"\%", "%")
    return str(convert(tex, display="block" if found["open"] == "[" else "inline"))
