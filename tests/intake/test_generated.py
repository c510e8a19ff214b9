"""Generated files: the truth of the generator is the ledger."""

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import IntakeError
from analysis.intake import read

USERS = st.sampled_from(["u1", "u2", "u3", " u4 ", "", "NA", "null", "0", "客户"])
TIMES = st.sampled_from(["2026-01-05", "2026-01-05 10:00", "2026-01-06 11:30:15", "", "-", "soon", "2026-02-30"])
NOTES = st.sampled_from(["", "a", "b,c", 'say "x"', "two\nlines", "three\r\nmore\nlines", "é"])
ROWS = st.lists(
    st.one_of(
        st.tuples(USERS, TIMES, st.sampled_from(["view", "buy"]), NOTES),
        st.sampled_from([(), ("u1",), ("u1", "2026-01-05", "view", "a", "b")]),
    ),
    min_size=1,
    max_size=30,
)
GONE = {"", "NA", "null", "-"}


def truth(rows):
    """What becomes of each row, by a plain reading of the rules."""
    out, seen = {}, set()
    for row in rows:
        if not row:
            reason = "blank"
        elif len(row) != 4:
            reason = "ragged"
        elif row[0].strip() in GONE:
            nothing = all(c.strip() in {"", "NA", "null"} for c in row)
            reason = "blank" if nothing else "no_user"
        elif row[1] in GONE:
            reason = "no_time"
        elif row[1] in ("soon", "2026-02-30"):
            reason = "bad_time"
        elif row in seen:
            reason = "duplicate"
        else:
            seen.add(row)
            reason = "used"
        out[reason] = out.get(reason, 0) + 1
    return out


@settings(max_examples=150, deadline=None)
@given(
    ROWS,
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_the_ledger_is_the_truth(tmp_path_factory, rows, delimiter, end, encoding):
    rows = [*rows, *(("u9", "2026-01-07", "view", f"last {k}") for k in range(len(rows) + 1))]  # most rows are whole
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(("user", "time", "event", "note"))
    for row in rows:
        writer.writerow(row) if row else out.write(end)
    path = tmp_path_factory.mktemp("generated") / "a.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    expected = truth(rows)
    done = read(path, roles={"user": "user", "time": "time", "event": "event"}, day_first=True)
    assert done.ledger.used == expected.pop("used")
    assert done.ledger.dropped == expected
    assert done.ledger.rows == len(rows) and done.ledger.closes()
    assert done.ledger.lines == len(io.StringIO(out.getvalue(), newline=None).read().splitlines(keepends=False))
    assert sorted(done.dropped["reason"].to_pylist()) == sorted(r for r, n in expected.items() for _ in range(n))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("bytes") / "a.csv"
    path.write_bytes(b"user,time\n" + content)
    try:
        done = read(path, roles={"user": "user", "time": "time"}, day_first=True)
    except IntakeError:
        return
    except Exception as error:
        assert getattr(error, "code", "") == "unknown_value", error
        return
    assert done.ledger.closes()
