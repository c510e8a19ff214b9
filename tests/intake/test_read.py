"""Read: each sentence of what intake promises, on files that can be counted by eye."""

import csv
import gzip
import json
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from analysis import calendar, load
from analysis.errors import IntakeError, ParameterError, UnknownValueError
from analysis.intake import Ledger, Reading, inspect, read

NOW = calendar.instant("2026-06-01", "UTC")
EVENTS = (
    "user_id,time,event,channel\nu1,2026-01-05 10:00,view,ads\nu1,2026-01-05 11:00,buy,ads\nu2,2026-01-06 09:00,view,\n"
)


@pytest.fixture
def file(tmp_path):
    def write(text, name="a.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def words(log, column):
    found = log.columns[column]
    return [found.values[c] for c in found.codes]


def test_event_rows(file):
    done = read(file(EVENTS))
    assert done.log.shape == "events"
    assert words(done.log, "event") == ["view", "buy", "view"]
    assert words(done.log, "channel") == ["ads", "ads", ""]
    assert done.log.roles == {"event": "event", "channel": "channel"}
    assert done.log.ids(done.log.users) == ["u1", "u2"]
    assert done.ledger == Ledger(rows=3, lines=4, used=3, events=3, header_lines=1)
    assert done.log.ledger is done.ledger and done.dropped.num_rows == 0


def test_each_row_is_dropped_for_one_reason_and_keeps_its_line(file):
    text = (
        "user_id,time,event\n"
        "u1,2026-01-05 10:00,view\n"
        ",2026-01-05 10:00,view\n"
        "u1,,view\n"
        "u1,soon,view\n"
        "u1,2026-01-05 10:00,view\n"
        "u1,2026-01-05 10:00\n"
        "\n"
        ",,\n"
        'u9,NA,"x\ny"\n'
        "NULL,2026-01-05 10:00,view\n"
    )
    done = read(file(text))
    assert done.ledger.dropped == {
        "ragged": 1, "blank": 2, "no_user": 2, "no_time": 2, "bad_time": 1, "duplicate": 1,
    }  # fmt: skip
    assert done.ledger.closes() and done.ledger.rows == 10 and done.ledger.lines == 12
    rows = done.dropped.to_pylist()
    assert [(r["line"], r["reason"]) for r in rows] == [
        (3, "no_user"), (4, "no_time"), (5, "bad_time"), (6, "duplicate"), (7, "ragged"), (8, "blank"), (9, "blank"),
        (10, "no_time"), (12, "no_user"),
    ]  # fmt: skip
    assert rows[2]["time"] == "soon" and rows[7]["event"] == "x\ny" and rows[4]["record"] == "u1,2026-01-05 10:00"


def test_duplicates_are_whole_rows_and_can_be_kept(file):
    text = "user_id,time,event,sku\nu1,2026-01-05,buy,a\nu1,2026-01-05,buy,b\nu1,2026-01-05,buy,a\n"
    assert read(file(text)).ledger.dropped == {"duplicate": 1}
    assert read(file(text), duplicates="keep").log.n_events == 3


def test_unreadable_text_in_a_number_column_does_not_make_rows_equal(file):
    text = "user_id,time,event,amount\nu1,2026-01-05,buy,x\nu1,2026-01-05,buy,y\nu1,2026-01-05,buy,1\nu1,2026-01-05,buy,2\nu1,2026-01-05,buy,3\n"
    done = read(file(text), roles={"user": "user_id", "time": "time", "event": "event", "amount": "amount"})
    assert done.ledger.used == 5 and done.ledger.flagged["unreadable_numbers"] == 2


def test_order_rows_multiply_and_refund(file):
    text = (
        "InvoiceNo,CustomerID,InvoiceDate,Quantity,UnitPrice\n"
        "1,17850.0,2026-01-05 10:00,2,1.5\nC2,17850,2026-01-06 10:00,-1,1.5\n"
    )
    done = read(file(text))
    assert done.log.shape == "orders"
    assert words(done.log, "event") == ["purchase", "refund"]
    assert done.log.numbers(done.log.roles["amount"]).tolist() == [3.0, -1.5]
    assert done.log.roles["order"] == "InvoiceNo" and words(done.log, "InvoiceNo") == ["1", "C2"]


def test_milestone_columns_become_events(file):
    text = (
        "user_id,signed_up_date,first_order_date,city\n"
        "u1,2026-01-05,2026-01-09,Rome\nu2,2026-01-06,,Oslo\nu3,,,Bonn\nu4,2026-01-07,soon,Bern\nu5,soon,,Bern\n"
    )
    done = read(file(text), roles={"user": "user_id", "milestone": ("signed_up_date", "first_order_date")})
    assert done.log.shape == "milestones"
    assert words(done.log, "event") == ["signed_up_date", "first_order_date", "signed_up_date", "signed_up_date"]
    assert done.ledger.used == 3 and done.ledger.events == 4 and done.ledger.closes()
    assert done.ledger.dropped == {"no_time": 1, "bad_time": 1}
    assert done.ledger.flagged == {"unreadable_milestones": 1}
    assert words(done.log, "city") == ["Rome", "Rome", "Oslo", "Bern"]


def test_milestone_columns_are_guessed(file):
    path = file("user_id,signed_up_date,first_order_date,city\nu1,2026-01-05,2026-01-09,Rome\nu2,2026-01-06,,Oslo\n")
    assert inspect(path).roles == {"user": "user_id", "milestone": ("signed_up_date", "first_order_date")}


def test_result_tables_have_no_time_and_keep_equal_rows(file):
    text = "variant,spend,city\ncontrol,1,Rome\ntreatment,2,Rome\ncontrol,1,Rome\n"
    done = read(file(text))
    assert done.log.shape == "results" and done.log.n_users == 3 and done.ledger.dropped == {}
    assert done.log.roles["arm"] == "variant" and done.log.numbers("spend").tolist() == [1, 2, 1]
    assert words(done.log, "event") == ["result"] * 3


def test_g10_dates_without_a_time_are_a_day_wide(file):
    done = read(file("user_id,date,event\nu1,2026-01-05,B\nu1,2026-01-05,A\n"))
    assert done.log.resolution_us == calendar.DAY_US
    assert words(done.log, "event") == ["B", "A"]  # file order


def test_g27_is_asked_and_then_obeyed(file):
    path = file("user_id,date,event\nu1,01/02/2026,A\n")
    assert inspect(path).asks == ("day_first",)
    with pytest.raises(IntakeError) as error:
        read(path)
    assert error.value.code == "day_order"
    assert calendar.day_of(read(path, day_first=True).log.starts_at, "UTC").isoformat() == "2026-02-01"


def test_g27_evidence_far_down_the_file_settles_it(file):
    rows = "".join(f"u{k},01/02/2026,A\n" for k in range(6000))
    path = file("user_id,date,event\n" + rows + "u1,31/12/2025,A\n")
    assert inspect(path).asks == ()
    assert read(path, duplicates="keep").log.n_events == 6001


def test_g28_gb18030_with_chinese_headers_and_money(file):
    path = file(
        '用户ID,时间,事件,金额\n甲,2026-01-05 10:00,下单,"1,234.50元"\n乙,2026-01-05 11:00,浏览,\n', encoding="gb18030"
    )
    reading = inspect(path)
    assert reading.encoding == "gb18030"
    assert reading.roles == {"user": "用户ID", "time": "时间", "event": "事件", "amount": "金额"}
    assert read(path).log.numbers("金额")[0] == 1234.5


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_encodings(file, encoding):
    text = "用户,时间,事件\n" + "".join(f"顾客{k},2026-01-05 10:00,浏览商品\n" for k in range(50))
    done = read(file(text, encoding=encoding))
    assert done.log.n_users == 50 and words(done.log, "event")[0] == "浏览商品"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(file, delimiter):
    path = file(EVENTS.replace(",", delimiter))
    assert inspect(path).delimiter == delimiter and read(path).log.n_events == 3


def test_decimal_comma(file):
    text = "user_id;time;event;Sales\nu1;05/13/2026;buy;1.234,50\nu1;05/14/2026;buy;12,5\n"
    done = read(file(text))
    assert done.log.numbers("Sales").tolist() == [1234.5, 12.5] and inspect(file(text)).decimal == ","


def test_packed_files(file, tmp_path):
    packed = file(gzip.compress(EVENTS.encode()), "a.csv.gz")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner/a.csv", EVENTS)
    assert read(packed).log.n_events == read(tmp_path / "a.zip").log.n_events == 3


def test_xlsx_with_typed_cells(tmp_path):
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"), {"default_date_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet()
    import datetime

    sheet.write_row(0, 0, ["会员编号", "下单时间", "实付金额"])
    sheet.write_row(1, 0, [17850, datetime.datetime(2026, 1, 5, 10), 12.5])
    sheet.write_row(2, 0, ["007", "2026年1月6日", "3元"])
    book.close()
    done = read(tmp_path / "a.xlsx")
    assert done.log.ids(done.log.users) == ["17850", "007"] and done.log.numbers("实付金额").tolist() == [12.5, 3]
    assert done.log.time[0] == calendar.instant("2026-01-05T10:00", "UTC")


def test_parquet_with_types_of_its_own(tmp_path):
    table = pa.table({
        "user_id": [1.0, None, 2.0], "time": pa.array([0, 1, 2], pa.timestamp("s", "UTC")), "event": ["a", "b", "c"],
        "n": [1, 2, 3], "ok": [True, False, None],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "a.parquet")
    done = read(tmp_path / "a.parquet")
    assert done.log.ids(done.log.users) == ["1", "2"] and done.ledger.dropped == {"no_user": 1}
    assert done.log.numbers("n").tolist() == [1, 3] and done.dropped.to_pylist()[0]["line"] == 2


def test_ids_stay_words_and_numbers_become_numbers(file):
    text = "user_id,time,event,code,phone,rating,mix\n" + "".join(
        f"u{k},2026-01-05 10:0{k},a,00{k},1868888000{k},{k % 3},{'x' if k == 4 else k}\n" for k in range(9)
    )
    log = read(file(text)).log
    kinds = {n: type(c).__name__ for n, c in log.columns.items()}
    assert kinds == {
        "event": "Categories",
        "code": "Categories",
        "phone": "Categories",
        "rating": "Numbers",
        "mix": "Categories",
    }


def test_a_late_word_turns_a_number_column_back_into_words(file):
    text = (
        "user_id,time,event,level\n"
        + "".join(f"u{k},2026-01-05 10:00,a,{k}\n" for k in range(6000))
        + "x,2026-01-05,a,top\n"
    )
    assert "top" in read(file(text)).log.words("level").values


def test_what_is_flagged_is_kept(file):
    text = "user_id,time,event\n0,2026-01-05,a\n游客,2026-01-06,a\nu1,2027-01-01,a\n"
    done = read(file(text), now=NOW)
    assert done.ledger.used == 3 and done.ledger.flagged == {"future": 1, "unknown_ids": 2}
    assert done.log.ends_at == calendar.instant("2026-01-07", "UTC")


def test_heavy_users_are_flagged(file):
    rows = [f"u{k},2026-01-05 10:00,a" for k in range(2000)] + [f"bot,2026-01-05 10:{k:02d},a" for k in range(60)]
    assert read(file("user_id,time,event\n" + "\n".join(rows))).ledger.flagged == {"heavy_users": 1}


def test_two_stray_quotes_are_shown(file):
    rows = [f"u{k},2026-01-05 10:00,view,note {k}" for k in range(1000)]
    rows[300] = 'u300,2026-01-05 10:00,view,"note'
    rows[500] = 'u500,2026-01-05 10:00,view,x"'
    done = read(file("user_id,time,event,note\n" + "\n".join(rows) + "\n"))
    assert done.ledger.rows == 800 and done.ledger.lines == 1001 and done.ledger.flagged["lines_in_quotes"] == 200
    assert done.ledger.closes()


def test_a_title_above_the_header_is_a_dropped_row(file):
    done = read(file("Sales report 2026\n\n" + EVENTS))
    assert (
        done.ledger.dropped == {"preamble": 1, "blank": 1}
        and done.ledger.rows == 5
        and done.ledger.lines == 6
        and done.ledger.closes()
    )


def test_headers_are_trimmed_and_made_different(file):
    path = file("user_id, time ,event,x y,x y,\nu1,2026-01-05,a,1,2,3\n")
    assert inspect(path).columns == ("user_id", "time", "event", "x y", "x y 2", "column 6")


def test_a_property_called_event_or_time_keeps_its_values(file):
    path = file("who,at,what,event,time\nu1,2026-01-05,a,b,c\n")
    log = read(path, roles={"user": "who", "time": "at", "event": "what"}).log
    assert words(log, "event") == ["a"] and words(log, "event 2") == ["b"] and words(log, "time 2") == ["c"]


def test_date_and_clock_in_two_columns(file):
    done = read(file("user_id,date,time,event\nu1,2026-01-05,10:30,a\n"))
    assert done.log.time[0] == calendar.instant("2026-01-05T10:30", "UTC")


def test_naive_stamps_belong_to_the_zone(file):
    log = load(file(EVENTS), time_zone="Asia/Shanghai")
    assert log.starts_at == calendar.instant("2026-01-05T10:00", "Asia/Shanghai") and log.zone == "Asia/Shanghai"
    assert log.ledger is not None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"), (b"<!DOCTYPE html><html></html>", "markup"), (b'{"a": 1}', "json"), (b"%PDF-1.7", "binary"),
        (b"\x00\x01\x02\x00\x00" * 100, "binary"), (b"PK\x03\x04 broken", "damaged"), (b"PAR1 broken", "damaged"),
        (b"user_id,time,event\n", "empty"), (b"user_id,time,event\n,2026-01-05,a\n", "nothing_left"), (b"a,b\n1,2\n", "no_time"),
        (b"time,event\n2026-01-05,a\n", "no_user_column"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_a_reason(file, content, code):
    with pytest.raises(IntakeError) as error:
        read(file(content))
    assert error.value.code == code


def test_wrong_settings_are_refused(file):
    path = file(EVENTS)
    with pytest.raises(UnknownValueError, match="user_id"):
        read(path, roles={"user": "user_ID"})
    with pytest.raises(ParameterError):
        read(path, roles={"hat": "event"})
    with pytest.raises(ParameterError):
        read(path, time_zone="Mars/Base")
    with pytest.raises(ParameterError):
        read(path, duplicates="some")


def test_a_reading_crosses_the_border_as_json(file):
    import json

    reading = inspect(file(EVENTS))
    again = Reading.from_dict(json.loads(json.dumps(reading.to_dict())))
    assert again.head.equals(reading.head)
    assert again.to_dict() == reading.to_dict() and again.guesses == reading.guesses
    assert reading.rows == 3 and reading.head.num_rows == 3
    assert Ledger.from_dict(json.loads(json.dumps(Ledger(1, 2, 0, {"blank": 1}).to_dict()))) == Ledger(
        1, 2, 0, {"blank": 1}
    )


def test_header_key_knows_the_set_not_the_order(file):
    one, other = (
        inspect(file("user_id,time,event\nu,2026-01-05,a\n")),
        inspect(file("time,event,user_id\n2026-01-05,a,u\n")),
    )
    assert one.header_key == other.header_key


def test_progress_rises_to_one(file):
    seen = []
    read(file(EVENTS), progress=lambda share, rows: seen.append((share, rows)))
    assert seen == sorted(seen) and seen[-1] == (1.0, 3)


def test_single_quotes_and_quoted_delimiters(file):
    text = "user_id\ttime\tevent\n" + "".join(f"'u{k}'\t'2026-01-05'\t'it''s'\n" for k in range(5))
    assert words(read(file(text)).log, "event") == ["it's"] * 5
    done = read(file('user_id,time,event\nu1,2026-01-05,"a,b"\n'))
    assert words(done.log, "event") == ["a,b"]


def test_a_few_bad_bytes_are_replaced_and_counted(file):
    text = "用户,时间,事件\n" + "".join(f"顾客{k},2026-01-05,浏览商品\n" for k in range(50))
    done = read(file(text.encode() + b"u\xff,2026-01-05,a\n"))
    assert done.ledger.flagged["replaced_bytes"] == 1 and done.log.n_users == 51


def test_csv_written_by_python_round_trips(tmp_path):
    rows = [
        ("user_id", "time", "event", "note"),
        ("u1", "2026-01-05 10:00", "a", 'say "hi",\nplease'),
        ("u2", "2026-01-05", "b", "ß中"),
    ]
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(rows)
    log = read(tmp_path / "a.csv").log
    assert words(log, "note") == ['say "hi",\nplease', "ß中"]


def test_two_readings_are_shown_where_they_part(file):
    rows = [f"u{k},2026-01-05,{chr(34) if k in (100, 300) else ''}ok" for k in range(1000)]
    path = file("user_id,time,note\n" + "\n".join(rows) + "\n")
    reading = inspect(path)
    assert reading.asks == ("layout",) and (reading.rows, reading.other_rows) == (800, 1000)
    assert [part["user_id"].to_pylist()[:3] for part in reading.doubt] == [
        ["u99", "u100", "u301"],
        ["u99", "u100", "u101"],
    ]
    assert read(path, layout=reading.other).ledger.used == 1000
    assert Reading.from_dict(json.loads(json.dumps(reading.to_dict()))) == reading
    assert inspect(path, layout=reading.other).asks == ()


def test_a_blank_line_above_data_without_headers(file):
    reading = inspect(file("\n\n,b,3\nu1,b,4\nu2,b,5\n"))
    assert len(reading.columns) == 3 and reading.rows == 5


def test_orders_without_a_buyer_count_each_order_as_one(file):
    path = file("order_id,order_time,amount\no1,2026-01-05 10:00,5\no1,2026-01-05 10:01,7\no2,2026-01-06 10:00,9\n")
    reading = inspect(path)
    assert reading.roles["user"] == "order_id" and "order" not in reading.roles and reading.asks == ()
    assert next(g.confidence for g in reading.guesses if g.role == "user") < 0.5
    assert read(path).log.n_users == 2
