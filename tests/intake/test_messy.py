"""Messy: each odd file of the corpus is read as its manifest says, or refused by name."""

import json

import pytest

from analysis.errors import AnalysisError
from analysis.intake import inspect
from tests.intake.messy import FILES, FOLDER, Reads, differences

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="../shared/data/messy is missing")


def test_every_file_of_the_manifest_has_an_expectation():
    manifest = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))
    assert {entry["file"] for entry in manifest} == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_is_read_as_expected_or_refused(name):
    assert differences(name) == []


@pytest.mark.parametrize("name", FILES)
def test_can_be_inspected_or_is_refused_with_the_same_code(name):
    said = FILES[name]
    if isinstance(said, Reads):
        reading = inspect(FOLDER / name)
        assert len(reading.columns) == said.columns and reading.rows == said.rows + sum(said.lost.values())
    else:
        with pytest.raises(AnalysisError) as error:
            inspect(FOLDER / name)
        assert error.value.code == said.code
