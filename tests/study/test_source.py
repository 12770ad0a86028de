"""What a study's trials are made of: whatever its functions use changes their ids, and nothing else does."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from tiny_studies import HEAD

from harness import Arrays, Settings, Variant
from harness.study.loading import load_study
from harness.study.source import function_source
from harness.training.trial import function_sources, source_hash, trial_id

pytestmark = pytest.mark.quick

FOOT = '\nSTUDY = Study("tiny", base=Settings(), variants=(Variant("long", epochs=9),), build=build)\n'


def written(folder: Path, body: str, **modules: str) -> Path:
    """Write a study with this body, and modules beside it; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in modules.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    path = folder / "tiny.py"
    path.write_text(HEAD + textwrap.dedent(body) + ("" if "STUDY =" in body else FOOT))
    return path


def identity(path: Path) -> str:
    study = load_study(str(path))
    return trial_id(study, study.base, seed=0, data_sha256="", engine="auto")


EDITS = {
    "a function in a dict": "def small(s): return 1\nMODELS = {'small': small}\ndef build(s): return MODELS[s.optimizer](s)",
    "a function in a list of tuples": "def f(): return 1\nALL = [('f', f)]\ndef build(s): return [g() for _, g in ALL]",
    "a cached function": "import functools\n@functools.lru_cache\ndef f(): return 1\ndef build(s): return f()",
    "a cached build": "import functools\n@functools.lru_cache\ndef build(s): return 1",
    "a partial": "import functools\ndef f(units, s): return units\nbuild = functools.partial(f, 1)",
    "a partial in a dict": """
        import functools
        def f(n): return n
        D = {'f': functools.partial(f, n=1)}
        def build(s): return D['f']()
        """,
    "a decorated function": """
        import functools
        def twice(f):
            @functools.wraps(f)
            def wrapper(*words): return 2 * f(*words)
            return wrapper
        @twice
        def units(): return 1
        def build(s): return units()
        """,
    "the decorator of one": """
        import functools
        def twice(f):
            @functools.wraps(f)
            def wrapper(*words): return 1 * f(*words)
            return wrapper
        @twice
        def units(): return 7
        def build(s): return units()
        """,
    "a bound method's object": """
        class Maker:
            def __init__(self, n): self.n = n
            def make(self, s): return self.n
        build = Maker(1).make
        """,
    "a bound method": "class Maker:\n    def make(self, s): return 1\nmaker = Maker()\ndef build(s): return maker.make(s)",
    "an object that can be called": """
        class Maker:
            def __init__(self, n): self.n = n
            def __call__(self, s): return self.n
        build = Maker(1)
        """,
    "a slot of an object": "class C:\n    __slots__ = ('n',)\nc = C()\nc.n = 1\ndef build(s): return c.n",
    "a dataclass": "@dataclass\nclass C:\n    units: int = 0\nC0 = C(units=1)\ndef build(s): return C0.units",
    "a default of a dataclass": """
        N = 1
        @dataclass
        class C:
            units: list = field(default_factory=lambda: [N])
        def build(s): return C().units
        """,
    "a namespace": "from types import SimpleNamespace\nC = SimpleNamespace(units=1)\ndef build(s): return C.units",
    "a nested dict": "C = {'model': {'units': [1, 2]}}\ndef build(s): return C['model']['units']",
    "a mapping proxy": "import types\nC = types.MappingProxyType({'units': 1})\ndef build(s): return C['units']",
    "an enumeration": "from enum import Enum\nclass C(Enum):\n    UNITS = 1\ndef build(s): return C.UNITS.value",
    "a named tuple": "from collections import namedtuple\nC = namedtuple('C', 'units')(1)\ndef build(s): return C.units",
    "an array": "import numpy as np\nC = np.array([1, 2, 3])\ndef build(s): return C",
    "a pattern": "import re\nC = re.compile('1')\ndef build(s): return C",
    "a metaclass": "class M(type):\n    def units(cls): return 1\nclass C(metaclass=M): pass\ndef build(s): return C.units()",
    "a property": "class C:\n    @property\n    def units(self): return 1\nc = C()\ndef build(s): return c.units",
    "a class attribute": "N = 1\nclass C:\n    units = N\ndef build(s): return C.units",
    "a static method": "class C:\n    @staticmethod\n    def units(): return 1\ndef build(s): return C.units()",
    "what makes an object": "def n(): return 1\nclass C:\n    def __new__(cls): return n()\ndef build(s): return C()",
    "a base class": "class B:\n    def units(self): return 1\nclass C(B): pass\ndef build(s): return C().units()",
    "a closure": "def make(n):\n    def build(s): return n\n    return build\nbuild = make(1)",
    "a default value": "N = 1\ndef build(s, n=N): return n",
    "an attribute of a function": "def build(s): return build.units\nbuild.units = 1",
    "a lambda in a loop": "BUILDERS = [lambda s, n=n: n for n in (1, 5)]\ndef build(s): return BUILDERS[0](s)",
    "a registry that a decorator fills": """
        R = {}
        def register(f): R[f.__name__] = f; return f
        @register
        def small(): return 1
        def build(s): return R['small']()
        """,
    "a property of the settings": """
        @dataclass(frozen=True)
        class Mine(Settings):
            @property
            def units(self): return 1
        def build(s): return s.units
        STUDY = Study("tiny", base=Mine(), variants=(), build=build)
        """,
    "a function that a method of the settings uses": """
        def size(): return 1
        @dataclass(frozen=True)
        class Mine(Settings):
            def units(self): return size()
        def build(s): return s.units()
        STUDY = Study("tiny", base=Mine(), variants=(), build=build)
        """,
}  # fmt: skip


@pytest.mark.parametrize("body", EDITS.values(), ids=EDITS.keys())
def test_an_edit_of_what_a_function_uses_is_another_trial(tmp_path, body):
    path = written(tmp_path, body)
    first = identity(path)
    assert identity(path) == first
    written(tmp_path, "\n\n" + body.replace("1", "3", 1))
    assert identity(path) != first


MODULES = {
    "imported inside": "def build(s):\n    import helper\n    return helper.units()",
    "imported from inside": "def build(s):\n    from helper import units\n    return units()",
    "imported by a text": "def build(s):\n    import importlib\n    return importlib.import_module('helper').units()",
    "imported at the top": "import helper\ndef build(s): return helper.units()",
    "imported from at the top": "from helper import units\ndef build(s): return units()",
    "imported by one imported inside": "def build(s):\n    import between\n    return between.units()",
    "a module of a package": "def build(s):\n    from package import part\n    return part.units()",
    "named as one of Python's": "def build(s):\n    import profile\n    return profile.units()",
    "imported by one imported inside, named as one of Python's": "def build(s):\n    import queue\n    return queue.units()",
    "imported in a package": "def build(s):\n    import package.other\n    return package.other.units()",
}


@pytest.mark.parametrize("body", MODULES.values(), ids=MODULES.keys())
@pytest.mark.parametrize("elsewhere", [False, True], ids=["beside", "elsewhere"])
def test_an_edit_of_a_module_is_another_trial_wherever_it_is_imported(tmp_path, monkeypatch, body, elsewhere):
    home = tmp_path / "library" if elsewhere else tmp_path / "study"
    if elsewhere:  # as an editable installation has it
        monkeypatch.syspath_prepend(home)

    def write(units: int) -> Path:
        text = f"N = {units}\ndef units(): return N\n"
        late, within = "def units():\n    import profile\n    return profile.units()", "from .part import units\n"
        written(home, "", helper=text, profile=text, queue=late, between="from helper import units\n")
        written(home, "", package__part=text, package__other=within, package____init__="")
        return written(tmp_path / "study", body)

    path = write(1)
    first = identity(path)
    assert identity(path) == first
    assert identity(write(2)) != first


def test_what_a_study_changes_in_a_module_counts(tmp_path):
    helper = "CONFIG = {'units': 0}\ndef units(): return CONFIG['units']\n"
    body = "import helper\nhelper.CONFIG['units'] = 1\ndef build(s): return helper.units()"
    first = identity(written(tmp_path, body, helper=helper))
    assert identity(written(tmp_path, body.replace("= 1", "= 2"), helper=helper)) != first


def test_what_no_function_uses_changes_nothing(tmp_path):
    body = "OTHER = 1\ndef other(): return OTHER\ndef build(s): return 5"
    first = identity(written(tmp_path, body, unused="N = 1"))
    assert identity(written(tmp_path, "# moved\n" + body.replace("1", "2"), unused="N = 2")) == first


def test_the_versions_of_installed_packages_count(tmp_path):
    study = load_study(
        str(written(tmp_path, "def build(s):\n    from sklearn.linear_model import Ridge\n    import numpy, json"))
    )
    (text,) = function_sources(study)
    versions = text.rpartition("versions: ")[2]
    assert "sklearn scikit-learn" in versions and "numpy" in versions and "json" not in versions


ALL_AT_ONCE = """
    import functools, logging, os, pathlib, threading
    import helper
    HERE = pathlib.Path(__file__).parent
    NAMES = {"one", "two", "three", ("four", 5), "six"}
    FUNCTIONS = {len, helper.units, max}
    LOG, LOCK, ENVIRONMENT = logging.getLogger(__name__), threading.Lock(), os.environ
    FILE = str(HERE / "data.csv")
    class Node:
        def __init__(self): self.self = self
    NODE = Node()
    @dataclass(frozen=True)
    class Noise:
        name: str
        size: float
    class Kind:
        def __init__(self, name): self.name = name
    def made(n): return lambda: n
    NOISES = {Noise(name, len(name)) for name in NAMES if type(name) is str}
    KINDS = {Kind(number) for number in range(9)}
    MADE = {made(number) for number in range(9)}
    NESTED = {frozenset({name, name + "x", name + "y"}) for name in ("one", "two", "three")}
    PAIRS = {("a", made(0)), ("a", made(1)), ("a", made(2)), (frozenset("pqr"),), (frozenset("xyz"),)}
    BOTH = {made(lambda: BOTH), made(lambda: KINDS), made(lambda: BOTH)}
    exec("def member(name): return name in {'one', 'two', 'three', 'four'}")
    SETS = NOISES, KINDS, MADE, NESTED, PAIRS, BOTH, member
    @functools.lru_cache
    def parts(): return SETS, HERE, FILE, NAMES, FUNCTIONS, LOG, LOCK, ENVIRONMENT, NODE, helper.units
    def build(s): return parts()
    """


@pytest.mark.processes
def test_the_id_is_the_same_in_another_folder_process_and_hash_seed(tmp_path):
    found = set()
    for number in (1, 2):
        path = written(tmp_path / f"folder-{number}", ALL_AT_ONCE, helper="def units(): return 1\n")
        code = (
            ("import logging, json, unittest\nlogging.getLogger('other')\n" if number == 1 else "")
            + "import sys; from harness.study.loading import load_study; from harness.training.trial import source_hash\n"
            + f"print(source_hash(load_study({str(path)!r})))"
        )
        environment = {**os.environ, "PYTHONHASHSEED": str(number), "NOISE": str(number)}
        said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        found.add(said.stdout)
        found.add(source_hash(load_study(str(path))) + "\n")
    assert len(found) == 1


def test_an_edit_of_a_member_of_a_set_is_another_trial(tmp_path):
    body = "class C:\n    def __init__(self, n): self.n = n\nALL = {C(1), C(2), C(3)}\ndef build(s): return ALL"
    ids = {identity(written(tmp_path, text)) for text in (body, body.replace("C(3)", "C(4)"))}
    assert len(ids) == 2 and identity(written(tmp_path, body)) == identity(written(tmp_path, body))


def test_values_that_are_nested_without_end_are_one_line(tmp_path):
    body = "C = []\nfor _ in range(5000): C = [C]\ndef build(s): return C"
    with pytest.raises(Exception, match="nested too deeply"):
        identity(written(tmp_path, body))


def test_a_class_or_function_of_the_harness_is_named_alone():
    from harness.data.arrays import hold_out

    assert "def hold_out" not in function_source(hold_out)


def test_what_studies_use_of_the_harness_has_one_name_wherever_it_lies():
    def build(settings: Settings, kinds: tuple = (Settings, Arrays, Variant)) -> None: ...

    text = function_source(build)
    assert all(f"class harness.{name}" in text for name in ("settings.Settings", "arrays.Arrays", "variants.Variant"))
