"""Join: a step as a value, its code, and files as tables."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import analysis
from analysis import joins, reshape
from analysis.errors import IntakeError, ParameterError
from analysis.events import from_rows
from analysis.joins import Append, Join, apply, read_table, table

LOG = from_rows(
    [
        {"user": "u1", "time": "2026-01-05 10:00", "event": "view", "sku": "p1", "channel": "ads"},
        {"user": "u2", "time": "2026-01-06 10:00", "event": "view", "sku": "p2", "channel": "ads"},
    ],
    roles={"channel": "channel"},
)
FEB = from_rows([
    {"user": "u2", "time": "2026-01-06 10:00", "event": "view", "sku": "p2", "channel": "ads"},
    {"user": "u3", "time": "2026-02-06 10:00", "event": "view", "sku": "p1", "channel": "ads"},
])  # fmt: skip
FILES = {
    "users.csv": "user_id,city\nu1,上海\nu2,北京\n",
    "ids.csv": "user,phone\nu1,138\nu2,138\n",
    "items.csv": "item,brand\np1,A\n",
    "ads.csv": "date,source,cost\n2026-01-05,ads,10\n",
    "feb.csv": "user_id,time,event,sku,channel\nu2,2026-01-06 10:00,view,p2,ads\nu3,2026-02-06 10:00,view,p1,ads\n",
}
JOINS = [
    Join("append", "feb.csv", {}),
    Join("append", "feb.csv", {"overlap": "drop", "load": {"duplicates": "keep", "roles": None}}),
    Join("attributes", "users.csv", {"key_column": "user_id", "columns": ("city",), "loose": True}),
    Join("identities", "ids.csv", {"left": "user", "right": "phone", "more": None}),
    Join("catalogue", "items.csv", {"key_column": "item", "of_column": "sku"}),
    Join("spend", "ads.csv", {"day": "date", "cost": "cost", "channel": "source"}),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def rows(log):
    ids = [log.user_ids[int(u)].as_py() for u in reshape.users_of_rows(log)]
    return ids, log.time.tolist(), {n: [log.words(n).values[c] for c in log.words(n).codes] for n in log.columns}


@pytest.mark.parametrize("join", JOINS, ids=lambda j: j.kind)
def test_a_join_survives_json(join):
    assert Join.from_dict(json.loads(json.dumps(join.to_dict()))) == join


def test_tuples_deep_inside_survive_json_too():
    join = Join("append", "x", {"load": {"roles": {"user": ("a", "b")}}})
    assert Join.from_dict(json.loads(json.dumps(join.to_dict()))) == join


@pytest.mark.parametrize("join", JOINS, ids=lambda j: j.kind)
def test_the_code_of_a_join_repeats_it(join, folder):
    other = analysis.load(join.name, roles=None) if join.kind == "append" else table(join.name)
    done, account = apply(LOG, join, other)
    names = {**vars(joins), **vars(reshape), "load": analysis.load, "log": LOG}
    exec(join.code("log"), names)
    if join.kind == "spend":
        assert done is None and names["spend"].table.equals(account.table) and account.cost == 10
    else:
        assert done is not None and rows(names["log"]) == rows(done) != rows(LOG)


def test_the_code_reads_as_a_person_would_write_it():
    assert [join.code() for join in JOINS] == [
        "log = concat((log, load('feb.csv')))",
        "other = load('feb.csv', duplicates='keep')\nlog = concat((log, keep_rows(other, ~same_rows(other, log))))",
        "log = with_attributes(log, table('users.csv'), 'user_id', columns=['city'], loose=True)[0]",
        "log = with_identities(log, table('ids.csv'), 'user', 'phone')[0]",
        "log = with_catalogue(log, table('items.csv'), 'item', 'sku')[0]",
        "spend = spend_of(table('ads.csv'), day='date', cost='cost', channel='source', zone=log.zone)",
    ]
    assert Join("identities", "i", {"left": "a", "right": "b", "layout": {"delimiter": ";"}}).code("x") == (
        "x = with_identities(x, table('i', layout={'delimiter': ';'}), 'a', 'b')[0]"
    )


def test_names_in_the_code_are_quoted():
    code = Join("attributes", "a'); print(1", {"key_column": 'x")'}).code()
    assert code == "log = with_attributes(log, table(\"a'); print(1\"), 'x\")')[0]"


def test_an_appended_log_is_kept_whole_or_without_the_overlap():
    done, account = apply(LOG, Join("append", "feb", {}), FEB)
    assert done is not None and done.n_events == 4 and account == Append(events=2, overlap=0, users=2, new_users=1)
    done, account = apply(LOG, Join("append", "feb", {"overlap": "drop"}), FEB)
    assert done is not None and done.n_events == 3 and account == Append(events=2, overlap=1, users=2, new_users=1)


def test_what_does_not_fit_is_refused():
    for kind, settings in (
        ("merge", {}), ("attributes", {}), ("attributes", {"key_column": "a", "zone": "UTC"}),
        ("append", {"overlap": "some"}), ("spend", {"day": "d"}),
    ):  # fmt: skip
        with pytest.raises(ParameterError):
            Join(kind, "x", settings)
    with pytest.raises(ParameterError):
        apply(LOG, JOINS[0], pa.table({"a": ["1"]}))
    with pytest.raises(ParameterError):
        apply(LOG, JOINS[2], FEB)


def test_a_table_is_text_with_the_line_of_each_row(folder):
    path = folder / "t.csv"
    path.write_text('id,age,line\n007,31,a\n"x\ny",NA,b\nshort\n\nz,,c\n', encoding="utf-8")
    done = read_table(path)
    assert done.table.to_pylist() == [
        {"line": 2, "id": "007", "age": "31", "line 2": "a"},
        {"line": 3, "id": "x\ny", "age": "NA", "line 2": "b"},
        {"line": 7, "id": "z", "age": "", "line 2": "c"},
    ]
    assert [(r["line"], r["reason"], r["record"]) for r in done.dropped.to_pylist()] == [
        (5, "ragged", "short"), (6, "blank", ""),
    ]  # fmt: skip
    assert done.ledger.rows == 5 and done.ledger.used == 3 and done.ledger.dropped == {"ragged": 1, "blank": 1}
    assert done.ledger.closes() and table(path).equals(done.table)


def test_a_table_may_come_in_any_format(folder):
    path = folder / "t.parquet"
    pq.write_table(pa.table({"id": [1.0, 2.0], "ok": [True, False], "score": [0.25, None]}), path)
    assert read_table(path).table.to_pylist() == [
        {"line": 1, "id": "1", "ok": "true", "score": "0.25"},
        {"line": 2, "id": "2", "ok": "false", "score": None},
    ]
    (folder / "gbk.csv").write_bytes("用户,城市\nu1,上海\n".encode("gb18030"))
    assert table(folder / "gbk.csv")["城市"].to_pylist() == ["上海"]


def test_a_table_without_rows_is_a_table_and_a_picture_is_none(folder):
    (folder / "empty.csv").write_text("id,age\n")
    assert read_table(folder / "empty.csv").table.num_rows == 0
    (folder / "x.csv").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(IntakeError):
        table(folder / "x.csv")
