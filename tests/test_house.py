"""What holds for the whole house: layers, translations, and that every question is whole."""

from __future__ import annotations

import ast
import inspect
import re
import string
from pathlib import Path

import pytest

import analysis
from analysis import warm
from locales import extract
from tests.shop import ROOT

QUESTIONS = [
    k
    for k in (getattr(analysis, name) for name in analysis.__all__)
    if inspect.isclass(k) and issubclass(k, analysis.Question) and k is not analysis.Question
]

LAYERS = {
    "analysis": ["streamlit", "pages"],
    "analysis/charts": ["analysis.engine", "numba"],
    "analysis/events.py": ["analysis.engine", "analysis.questions", "analysis.stats", "analysis.behaviour"],
    "analysis/engine.py": ["analysis.questions", "analysis.stats", "analysis.behaviour"],
    "analysis/columns.py": ["analysis.events"],
    "analysis/ordering.py": ["analysis.events"],
    "analysis/stats.py": ["analysis.events", "analysis.engine", "analysis.questions"],
    "pages/notebook": ["pages.behaviour", "pages.segments", "pages.lifecycle", "pages.campaigns"],
    "sample_data": ["analysis", "pages"],
}
SECTIONS = ("behaviour", "segments", "lifecycle", "campaigns")


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


@pytest.mark.parametrize("place", LAYERS)
def test_arrows_go_one_way(place: str) -> None:
    where = ROOT / place
    for path in [where] if where.is_file() else where.rglob("*.py"):
        for name in imports(path):
            banned = [b for b in LAYERS[place] if name == b or name.startswith(b + ".")]
            assert not banned, f"{path.relative_to(ROOT)} imports {name}"


@pytest.mark.parametrize("section", SECTIONS)
def test_sections_do_not_import_each_other(section: str) -> None:
    for path in (ROOT / "analysis" / section).rglob("*.py"):
        for other in SECTIONS:
            assert other == section or not any(n.startswith(f"analysis.{other}") for n in imports(path)), path


def test_no_parallel_kernels_and_no_unsafe_calls() -> None:
    for path in [*ROOT.glob("analysis/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "app.py"]:
        calls = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)]
        keywords = {
            k.arg for c in calls for k in c.keywords if isinstance(k.value, ast.Constant) and k.value.value is True
        }
        names = {c.func.id for c in calls if isinstance(c.func, ast.Name)}
        assert not keywords & {"parallel", "unsafe_allow_html", "unsafe_allow_javascript"}, path
        assert not names & {"eval", "exec"}, path
        assert not imports(path) & {"pickle", "joblib", "shelve", "marshal"}, path


@pytest.mark.parametrize("kind", QUESTIONS, ids=lambda k: k.__name__)
def test_every_question_is_whole(kind: type) -> None:
    module = kind.__module__.split(".")
    section, name = module[1], module[-1]
    if kind is not analysis.Overview:  # it shows the findings of the others, each with the way to its own chart
        assert (ROOT / "analysis" / "charts" / f"{name}.py").exists()
        chart = f"analysis.charts.{name}"
        assert any(chart in imports(page) for page in (ROOT / "pages" / section).glob("*.py")), "no page shows it"
    assert (ROOT / "tests" / section / f"test_{name}.py").exists()
    assert (ROOT / "tests" / "oracle" / f"{name}.py").exists()
    assert "**Definition.**" in (kind.__doc__ or "")
    assert "Use with care" in (kind.__doc__ or "")


def test_every_text_has_a_translation_and_none_is_stale() -> None:
    known = {str(m.id): str(m.string) for m in extract.catalogue() if m.id}
    texts = extract.texts()
    assert not sorted(t for t in texts if not known.get(t)), "run `make translations`, then translate"
    assert not sorted(set(known) - texts), "run `make translations`"


def test_translations_keep_the_fields() -> None:
    for message in extract.catalogue():
        if message.id and message.string:
            fields = [
                sorted({f for _, f, _, _ in string.Formatter().parse(str(t)) if f})
                for t in (message.id, message.string)
            ]
            assert fields[0] == fields[1], message.id


def test_warm_covers_every_question() -> None:
    assert {type(q) for q in warm.questions(warm.small())} == set(QUESTIONS)


@pytest.mark.parametrize("kind", QUESTIONS, ids=lambda k: k.__name__)
def test_the_code_of_a_question_repeats_it(kind: type) -> None:
    log = warm.small()
    for question in warm.questions(log):
        if isinstance(question, kind):
            again = eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__})
            assert again == question
            assert again.ask(log).table.equals(question.ask(log).table)
            assert analysis.Question.from_dict(question.to_dict()) == question


def test_no_machine_paths_or_hosts() -> None:
    # Put together here, so that this file does not hold what it looks for.
    hosts = re.compile("/".join(["", "root", ""]) + "|" + "pypi" + r"\.org|index-url http")
    for path in [
        *ROOT.glob("*.*"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("analysis/**/*.py"),
        *ROOT.glob("pages/**/*.py"),
    ]:
        if path.is_file() and path.suffix in {".py", ".md", ".txt", ".toml", ".lock"}:
            assert not hosts.search(path.read_text(encoding="utf-8")), path
