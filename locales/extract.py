"""Which texts a person can see: found in the code, so that none is forgotten.

A text is visible when it is
  * handed to `_` or `words`, or to `self` in `words.py`;
  * handed to `Finding(…)`, or bound to a name `message`, `detail` or `evidence`, as every finding and guess is;
  * in a section's module, any text with a field in braces;
  * the template, or the rule, of an error;
  * a value of one of the named tables (`REASONS`, `FLAGS`, …);
  * a paragraph of a question's definition, or the header of a column of an answer.

`python -m locales.extract` adds what is new to `zh.po`, with an empty translation, and marks what is gone.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PO = Path(__file__).parent / "zh.po"

HEADER = b"""# Chinese texts of Footprints. The message ids are the English texts in the code.
msgid ""
msgstr ""
"Language: zh_CN\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""

SECTIONS = {"behaviour", "segments", "lifecycle", "campaigns"}
SAYING = {"_", "words", "say"}
BOUND = {"message", "detail", "evidence", "rule", "because"}
TABLES = {
    "REASONS",
    "FLAGS",
    "VALUE_CLASSES",
    "NAMES",
    "STAGES",
    "MEASURES",
    "COLLAPSED",
    "ASSUMPTIONS",
    "SPOKEN",
}
ERRORS = {
    "AnalysisError",
    "ParameterError",
    "UnknownValueError",
    "SchemaError",
    "NotEnoughDataError",
    "IntakeError",
    "ModelError",
}


def texts() -> set[str]:
    """Every visible text."""
    found: set[str] = set()
    for folder in ("analysis", "pages"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= set(_in(tree, path.name))
            if SECTIONS & set(path.relative_to(ROOT).parts[:-1]):
                found |= set(_sentences(tree))
    return {t for t in found | _definitions() if any(c.isalpha() for c in t)}


def _in(tree: ast.AST, file: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call(node, file)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {t.id for t in targets if isinstance(t, ast.Name)}
            if names & BOUND and node.value is not None:
                yield from _strings(node.value)
            elif names & TABLES and node.value is not None:
                yield from _strings(node.value, keys=False)


def _sentences(tree: ast.AST) -> Iterator[str]:
    """In the sections, whatever has a field and a space is a finding's sentence, however it is bound."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in inside else None
        if isinstance(text, str) and " " in text and re.search(r"\{[a-z_]+\}", text):
            yield text


def _call(node: ast.Call, file: str) -> Iterator[str]:
    name = (
        node.func.id
        if isinstance(node.func, ast.Name)
        else node.func.attr
        if isinstance(node.func, ast.Attribute)
        else ""
    )
    owner = node.func.value.id if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) else ""
    if name in SAYING or (name == "self" and file == "words.py"):
        yield from _strings(node.args[0]) if node.args else ()
    elif name == "_told" and file in ("stages.py", "rfm.py"):
        for part in node.args:
            yield from (text for text in _strings(part) if " " in text)
    elif name == "Finding":
        for part in node.args[:1] + node.args[2:3] + [k.value for k in node.keywords if k.arg in BOUND]:
            yield from _strings(part)
    elif name in ERRORS or (name == "cls" and file == "errors.py"):
        for part in node.args[1:2]:
            yield from _strings(part)
    elif name == "outside" and owner in ERRORS:
        for part in node.args[2:3]:
            yield from _strings(part)
    elif name == "Guess":
        for part in node.args[3:4]:
            yield from _strings(part)


def _strings(node: ast.AST, *, keys: bool = True) -> Iterator[str]:
    """String constants in an expression; f-strings and the keys of dictionaries are not texts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _strings(node.body)
        yield from _strings(node.orelse)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _strings(value)
    elif isinstance(node, ast.Subscript):
        yield from _strings(node.value)
    elif isinstance(node, (ast.Tuple, ast.List)):
        for part in node.elts:
            yield from _strings(part)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _strings(node.left)
        yield from _strings(node.right)


def _definitions() -> set[str]:
    """Paragraphs of the definitions, and headers of the tables, of all questions."""
    import analysis
    from analysis import warm
    from pages.notebook.cell import definition
    from pages.notebook.tables import header, visible

    public = [getattr(analysis, name) for name in analysis.__all__]
    kinds = [k for k in public if inspect.isclass(k) and issubclass(k, analysis.Question)]
    found = {p for kind in kinds if kind is not analysis.Question for p in definition(kind)}
    log = warm.small()
    for answer in (question.ask(log) for question in warm.questions(log)):
        for value in (getattr(answer, n) for n in dir(answer) if not n.startswith("_")):
            if isinstance(value, pd.DataFrame):
                found |= {header(c) for c in visible(value)}
    return found | {"first seen at", "last seen at", "events", "user"}


def catalogue() -> Catalog:
    """The Chinese catalogue as it stands."""
    if not PO.exists():
        return Catalog(locale="zh_CN", charset="utf-8")
    with PO.open("rb") as file:
        return read_po(file, locale="zh_CN")


def main() -> None:
    """Brings `zh.po` up to date, and says what still wants a translation."""
    old, new = catalogue(), Catalog(locale="zh_CN", charset="utf-8")
    missing = 0
    for text in sorted(texts()):
        known = old.get(text)
        said = str(known.string) if known is not None else ""
        new.add(text, said)
        missing += not said
    buffer = io.BytesIO()
    write_po(buffer, new, width=110, omit_header=True, sort_output=True)
    PO.write_bytes(HEADER + buffer.getvalue())
    print(f"{len(new)} texts, {missing} without a translation")


if __name__ == "__main__":
    main()
