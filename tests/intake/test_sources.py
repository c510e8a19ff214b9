"""Sources: what the operator offers can be read, and nothing else; secrets stay secret."""

import dataclasses
import json
import logging
import os
import traceback
from pathlib import Path

import pytest

from analysis.errors import AnalysisError, IntakeError, ParameterError
from analysis.intake import sources
from analysis.intake.sources import Place, Source
from analysis.intake.sources import config as sources_config
from analysis.intake.sources import folder as sources_folder
from analysis.intake.sources import places as sources_places

ODD_NAMES = [
    "../secret.csv", "../../secret.csv", "./may.csv", "sub/../may.csv", "sub/../../secret.csv", "..", ".", "", "/", "//",
    "/etc/passwd", "//etc/passwd", "~", "~/may.csv", "~root/.profile", "$HOME/may.csv", "${HOME}", "%2e%2e/secret.csv",
    "..%2fsecret.csv", "%2e%2e%2fsecret.csv", "..\\secret.csv", "..\\..\\secret.csv", "C:\\secret.csv", "\\\\host\\x",
    "file:///etc/passwd", "http://127.0.0.1/x", "s3://bucket/x", "may.csv\0", "may.csv\0.png", "\0", "may.csv/",
    "may.csv/.", "may.csv/..", "sub", "sub/", "sub/deep.csv", "link.csv", "linked/secret.csv", "loop", "nowhere.csv",
    "pipe", ".hidden.csv", "notes.txt", "MAY.CSV", "may.cs", "may.csv ", " may.csv", "*", "*.csv", "m?y.csv",
    "[m]ay.csv", "**/*.csv", "….csv", "．．/secret.csv", "‥/secret.csv", "/proc/self/environ", "/dev/zero", "-", "|ls",
    "may.csv;ls", "`ls`", "$(ls)", "may.csv\n", "a" * 5_000, "con", "nul", "\u202ecsv.yam",
]  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch):
    monkeypatch.delenv(sources_config.VARIABLE, raising=False)


@pytest.fixture
def configure(tmp_path, monkeypatch):
    """Writes a configuration and makes it the one in force."""

    def write(text: str) -> None:
        path = tmp_path / "sources.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv(sources_config.VARIABLE, str(path))

    return write


@pytest.fixture
def exports(tmp_path, configure):
    """A folder with one file that is offered, and much around it that is not."""
    folder = tmp_path / "exports"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.csv").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.csv").write_text("secret")
    (folder / "may.csv").write_text("user,time\nu1,2026-01-05\n")
    (folder / "sub" / "deep.csv").write_text("deep")
    (folder / "notes.txt").write_text("not by the pattern")
    (folder / ".hidden.csv").write_text("hidden")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "nowhere.csv").symlink_to(folder / "gone.csv")
    os.mkfifo(folder / "pipe.csv")
    configure('[folders.exports]\npath = "exports"\npattern = "*.csv"\n')
    return folder


# -- configuration --------------------------------------------------------------------------


def test_nothing_configured_nothing_offered(monkeypatch):
    assert sources.offered() == ()
    monkeypatch.setenv(sources_config.VARIABLE, "  ")
    assert sources.offered() == ()


def test_places_are_offered_in_the_order_of_the_configuration(configure):
    configure(
        '[folders."导出"]\npath = "x"\n[databases.sales]\nurl = "sqlite:///x"\nallow_queries = true\n'
        '[databases.crm]\nurl_env = "CRM"\ntables = ["orders"]\nrow_limit = 10\ntimeout_seconds = 2.5\n'
        '[storage.lake]\nuri = "s3://bucket/prefix"\nregion = "eu-west-1"\nanonymous = true\n'
    )
    assert sources.offered() == (
        Place("导出", "folder"),
        Place("sales", "database", queries=True),
        Place("crm", "database"),
        Place("lake", "storage"),
    )
    crm = sources_config.configured()["crm"]
    assert (crm.tables, crm.row_limit, crm.timeout_seconds, crm.allow_queries) == (("orders",), 10, 2.5, False)


def test_a_relative_path_starts_at_the_configuration(configure, tmp_path):
    configure('[folders.x]\npath = "here"\n')
    assert sources_config.configured()["x"].path == tmp_path / "here"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[databases.x]\nurl = "sqlite:///x"\ntabels = ["a"]', "Nearest: tables."),
        ('[databases.x]\nurl = "sqlite:///x"\nallow_query = true', "Nearest: allow_queries."),
        ('[folder.x]\npath = "x"', "Nearest: folders."),
        ('[storage.x]\nuri = "s3://b"\nsecret = "CANARY"', "Nearest: secret_env."),
        ('path = "x"', "'path'"),
        ('folders = "x"', "must be a section with a name"),
        ('[folders]\npath = "x"', "must be a section with a name"),
        ('[folders.""]\npath = "x"', "must be a section with a name"),
        ("[folders.x]", "the path of a folder"),
        ("[folders.x]\npath = 3", "text in quotation marks"),
        ('[folders.x]\npath = "x"\npattern = "../*"', "a pattern inside the folder"),
        ('[folders.x]\npath = "x"\npattern = "/etc/*"', "a pattern inside the folder"),
        ('[folders.x]\npath = "x"\npattern = "**.csv"', "a pattern inside the folder"),
        ("[databases.x]", "one of url and url_env"),
        ('[databases.x]\nurl = "CANARY"\nurl_env = "A"', "one of url and url_env"),
        ('[databases.x]\nurl = ["CANARY"]', "text in quotation marks"),
        ('[databases.x]\nurl = "CANARY"\nallow_queries = "yes"', "true or false"),
        ('[databases.x]\nurl = "CANARY"\nrow_limit = 0', "0 was given, but it must be a whole number above 0"),
        ('[databases.x]\nurl = "CANARY"\nrow_limit = true', "a whole number above 0"),
        ('[databases.x]\nurl = "CANARY"\nrow_limit = 1.5', "a whole number above 0"),
        ('[databases.x]\nurl = "CANARY"\ntimeout_seconds = -1', "a number above 0"),
        ('[databases.x]\nurl = "CANARY"\ntimeout_seconds = nan', "a number above 0"),
        ('[databases.x]\nurl = "CANARY"\ntimeout_seconds = inf', "a number above 0"),
        ('[databases.x]\nurl = "CANARY"\ntables = "orders"', "a list of texts"),
        ('[databases.x]\nurl = "CANARY"\n[folders.x]\npath = "x"', "a name that no other place has"),
        ('[storage.x]\nuri = "s3://key:CANARY@bucket"', "without an account"),
        ('[storage.x]\nuri = "http://CANARY"', "s3://bucket/prefix or file:///folder"),
        ('[storage.x]\nuri = "s3://b"\nkey_env = "A"', "both of key_env and secret_env"),
        ('[storage.x]\nuri = "s3://b"\nkey_env = "A"\nsecret_env = "B"\nanonymous = true', "false where an account"),
        ('[storage.x]\nuri = "s3://b"\nendpoint = "https://k:CANARY@host"', "an address without an account"),
        ('[databases.x]\nurl = "CANARY\n', "not valid TOML at line 2."),
        ('[databases.x]\nurl = "CANARY', "not valid TOML at line 2."),
    ],
)
def test_a_configuration_that_breaks_a_rule_is_refused_by_the_rule(configure, text, said):
    configure(text)
    with pytest.raises((IntakeError, ParameterError)) as refused:
        sources.offered()
    assert said in str(refused.value)
    assert "CANARY" not in "".join(traceback.format_exception(refused.value))
    assert "CANARY" not in repr(refused.value.facts)


def test_a_configuration_that_is_not_there_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv(sources_config.VARIABLE, str(tmp_path / "none.toml"))
    with pytest.raises(IntakeError, match="can't be read"):
        sources.offered()


# -- secrets --------------------------------------------------------------------------------


def test_a_secret_is_in_no_text(configure, caplog):
    caplog.set_level(logging.DEBUG)
    configure('[databases.x]\nurl = "postgresql://u:CANARY@host/db"\n[storage.s]\nuri = "s3://b/p"\n')
    places = sources_config.configured()
    texts = [repr(places), str(places["x"]), f"{places['x'].url}", repr(dataclasses.asdict(places["x"]))]
    texts += [repr(sources.offered()), json.dumps(Source("x", "database", "orders").to_dict()), caplog.text]
    assert not [t for t in texts if "CANARY" in t]
    with pytest.raises(TypeError):
        json.dumps(dataclasses.asdict(places["x"]))


@pytest.mark.parametrize(
    "section",
    ['[databases.x]\nurl_env = "CRM_DB"', '[storage.x]\nuri = "s3://b"\nkey_env = "CRM_DB"\nsecret_env = "NO"'],
)
def test_a_variable_that_is_not_set_is_named(configure, monkeypatch, section):
    monkeypatch.delenv("CRM_DB", raising=False)
    configure(section)
    with pytest.raises(IntakeError, match="CRM_DB"):
        sources.browse("x")


# -- sources --------------------------------------------------------------------------------


def test_a_source_survives_json():
    for source in (Source("a", "folder", "x.csv"), Source("b", "database", query="SELECT 1")):
        assert Source.from_dict(json.loads(json.dumps(source.to_dict()))) == source


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"place": "a", "kind": "folder"},
        {"place": "a", "kind": "folder", "item": "x", "query": "SELECT 1"},
        {"place": "a", "kind": "folder", "query": "SELECT 1"},
        {"place": "a", "kind": "web", "item": "x"},
        {"place": 1, "kind": "folder", "item": "x"},
        {"place": "a", "kind": "folder", "item": ["x"]},
        {"place": "a", "kind": ["folder"], "item": "x"},
    ],
)
def test_a_source_is_one_item_or_one_query_of_a_place(said):
    with pytest.raises(IntakeError, match="one item"):
        Source.from_dict(said)


def test_a_place_that_is_gone_or_became_another_kind_is_refused(exports, tmp_path):
    for source in (Source("none", "folder", "may.csv"), Source("exports", "storage", "may.csv")):
        with pytest.raises(IntakeError, match="no longer"):
            sources.fetch(source, tmp_path / "out")
        assert sources.fingerprint_of(source) is None
    with pytest.raises(IntakeError, match="no longer"):
        sources.browse("none")


# -- folders --------------------------------------------------------------------------------


def test_files_with_size_and_time_of_change(exports):
    os.utime(exports / "may.csv", (0, 86_400))
    (item,) = sources.browse("exports")
    assert (item.name, item.kind, item.size) == ("may.csv", "file", 24)
    assert item.modified_at is not None and item.modified_at.isoformat() == "1970-01-02T00:00:00+00:00"


def test_the_newest_file_comes_first(exports):
    (exports / "june.csv").write_text("x")
    os.utime(exports / "may.csv", (0, 86_400))
    assert [i.name for i in sources.browse("exports")] == ["june.csv", "may.csv"]


def test_a_pattern_may_go_into_folders(exports, configure, tmp_path):
    configure('[folders.exports]\npath = "exports"\npattern = "**/*.csv"\n')
    assert {i.name for i in sources.browse("exports")} == {"may.csv", "sub/deep.csv"}
    assert sources.fetch(Source("exports", "folder", "sub/deep.csv"), tmp_path / "out") == "deep.csv"


def test_a_file_is_copied_as_it_is(exports, tmp_path):
    parts = []
    name = sources.fetch(
        Source("exports", "folder", "may.csv"), tmp_path / "out", lambda share, rows: parts.append(share)
    )
    assert name == "may.csv" and (tmp_path / "out").read_bytes() == (exports / "may.csv").read_bytes()
    assert parts == [1.0]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_nothing_but_what_is_offered_can_be_fetched(exports, tmp_path, name):
    with pytest.raises(IntakeError, match="offers nothing called"):
        sources.fetch(Source("exports", "folder", name), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_that_became_a_link_after_the_look_is_not_followed(exports, tmp_path, monkeypatch):
    monkeypatch.setattr(sources_folder, "_path", lambda place, item: exports / "link.csv")
    with pytest.raises(IntakeError, match="broke off"):
        sources.fetch(Source("exports", "folder", "may.csv"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_itself_a_link_is_followed(exports, tmp_path, configure):
    (tmp_path / "door").symlink_to(exports)
    configure('[folders.door]\npath = "door"\npattern = "*.csv"\n')
    assert [i.name for i in sources.browse("door")] == ["may.csv"]


def test_a_folder_that_is_not_there_is_said(configure):
    configure('[folders.x]\npath = "none"\n')
    with pytest.raises(IntakeError, match="not there"):
        sources.browse("x")


def test_the_fingerprint_changes_with_the_file(exports):
    source = Source("exports", "folder", "may.csv")
    before = sources.fingerprint_of(source)
    assert before == sources.fingerprint_of(source) is not None
    (exports / "may.csv").write_text("user,time\nu1,2026-01-05\nu2,2026-01-06\n")
    assert sources.fingerprint_of(source) != before
    (exports / "may.csv").unlink()
    assert sources.fingerprint_of(source) is None


@pytest.mark.parametrize("module", [sources_folder])
def test_more_than_can_be_read_is_refused_and_leaves_nothing(exports, tmp_path, monkeypatch, module):
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    with pytest.raises(IntakeError, match="larger than"):
        sources.fetch(Source("exports", "folder", "may.csv"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_progress_that_raises_ends_the_reading_and_leaves_nothing(exports, tmp_path):
    def stop(share: float, rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sources.fetch(Source("exports", "folder", "may.csv"), tmp_path / "out", stop)
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_said_in_words(exports, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(tmp_path))

    monkeypatch.setattr(sources_folder, "copy", full)
    with pytest.raises(AnalysisError, match=r"broke off \(No space left on device\)") as refused:
        sources.fetch(Source("exports", "folder", "may.csv"), tmp_path / "out")
    assert str(tmp_path) not in str(refused.value)


def test_every_place_has_a_kind_of_its_own():
    kinds = [
        sources_places.FolderPlace("a", Path()),
        sources_places.DatabasePlace("a"),
        sources_places.StoragePlace("a", ""),
    ]
    assert tuple(p.kind for p in kinds) == sources.source.KINDS
