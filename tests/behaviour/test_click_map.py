"""The click map: by hand, against the oracle, and the moved button."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis
from analysis import ClickMap
from analysis.charts.picture import Picture
from analysis.errors import ParameterError, SchemaError
from analysis.events import EventLog, from_rows
from tests.oracle import click_map as oracle
from tests.shop import ROOT, journey

Said = tuple[str, str, float, float, float, float]
ROLES = {"page": "page", "x": "x", "y": "y"}


def log_of(said: list[Said], *, sized: bool = True, equal: bool = True) -> EventLog:
    made = []
    for k, (user, page, x, y, width, height) in enumerate(said):
        row: dict[str, object] = {"user": user, "time": f"2026-01-05 10:{0 if equal else k:02d}", "event": "click"}
        row |= {"page": page, "x": x, "y": y}
        made.append(row | ({"viewport_width": width, "viewport_height": height} if sized else {}))
    return from_rows(made, roles=ROLES)


SAID: list[Said] = [
    ("u", "p", 0, 0, 400, 800),
    ("u", "p", 399, 799, 400, 800),
    ("v", "p", 1000, 900, 1000, 900),
    ("v", "p", 500, 10, 400, 800),
    ("w", "p", np.nan, 5, 400, 800),
    ("w", "q", 5, 5, 400, 800),
]


def test_by_hand_places_are_shares_of_the_viewport() -> None:
    answer = ClickMap(page="p", across=4, down=3).ask(log_of(SAID))
    cells = {(r.column, r.row): (r.clicks, r.users) for r in answer.table.itertuples()}
    assert cells == {(0, 0): (1, 1), (3, 2): (2, 2)}
    assert (answer.outside, answer.missing) == (1, 1)
    assert answer.log.ids(answer.people(3, 2)) == ["u", "v"]
    assert answer.table["share"].tolist() == pytest.approx([1 / 3, 2 / 3])


def test_without_a_viewport_the_far_edge_takes_its_place_and_shares_stay_shares() -> None:
    far: list[Said] = [("u", "p", 10.0 * k, 5.0 * k, 1, 1) for k in range(1, 11)]
    answer = ClickMap(across=2, down=2).ask(log_of(far, sized=False))
    assert answer.table["clicks"].sum() + answer.outside == 10
    assert answer.aspect == pytest.approx(0.5, rel=0.01)
    shares: list[Said] = [("u", "p", 0.2, 0.3, 1, 1), ("v", "p", 0.3, 0.1, 1, 1)]
    answer = ClickMap(across=2, down=2).ask(log_of(shares, sized=False))
    assert [(r.column, r.row) for r in answer.table.itertuples()] == [(0, 0)]


def test_no_page_column_makes_one_map_of_everything() -> None:
    log = from_rows(
        [{"user": "u", "time": "2026-01-05 10:00", "event": "tap", "x": 3, "y": 4}], roles={"x": "x", "y": "y"}
    )
    assert ClickMap().ask(log).page is None
    with pytest.raises(ParameterError, match="page"):
        ClickMap(page="p").ask(log)


def test_refusals() -> None:
    with pytest.raises(SchemaError, match="Record x and y"):
        ClickMap().ask(from_rows([{"user": "u", "time": "2026-01-05 10:00", "event": "click"}]))
    with pytest.raises(ParameterError, match="across"):
        ClickMap(across=1)
    with pytest.raises(ParameterError, match="both"):
        ClickMap(width="w")
    with pytest.raises(SchemaError):
        ClickMap().ask(from_rows(journey("u", "A"), shape="results"))


def test_too_few_is_said() -> None:
    assert "Too few" in ClickMap(page="p").ask(log_of(SAID)).findings()[0].message


def test_repr_repeats_the_question() -> None:
    question = ClickMap(page="p", across=20, compare="arm", sides=("A", "B"), width="w", height="h")
    assert eval(repr(question), {name: getattr(analysis, name) for name in analysis.__all__}) == question
    assert analysis.Question.from_dict(question.to_dict()) == question


def test_the_moved_button_stands_out_and_nothing_else() -> None:
    log = analysis.load(ROOT / "sample_data" / "clicks.csv", time_zone="Asia/Shanghai")
    answer = ClickMap(page="product", compare="variant").ask(log)
    assert answer.outside == answer.missing == 0
    old, new = (0.80, 0.94), (0.50, 0.62)
    standing = answer.standing
    assert len(standing) >= 4
    for _, row in standing.iterrows():
        at = answer.middle(row)
        near = {
            name: abs(at["x_share"] - x) < 0.09 and abs(at["y_share"] - y) < 0.09
            for name, (x, y) in (("old", old), ("new", new))
        }
        assert near["old" if row["difference_points"] > 0 else "new"]
    assert len(ClickMap(page="home", compare="variant").ask(log).standing) == 0


POINTS = st.one_of(st.just(float("nan")), st.integers(-2, 12).map(float))


@settings(max_examples=60, deadline=None)
@given(
    said=st.lists(
        st.tuples(
            st.sampled_from("uvw"),
            st.sampled_from("pq"),
            POINTS,
            POINTS,
            st.sampled_from([8.0, 10.0]),
            st.sampled_from([7.0, 9.0]),
        ),
        min_size=1,
        max_size=20,
    ),
    equal=st.booleans(),
)
def test_oracle(said, equal) -> None:  # type: ignore[no-untyped-def]
    said = [*said, ("z", "p", 4.0, 4.0, 8.0, 7.0)]
    log = log_of(said, equal=equal)
    answer = ClickMap(page="p", across=5, down=4).ask(log)
    expected, outside, missing = oracle.cells(said, "p", 5, 4)
    shown = {(r.column, r.row): (r.clicks, r.users) for r in answer.table.itertuples()}
    assert shown == {c: (n, len(who)) for c, (n, who) in expected.items()}
    assert (answer.outside, answer.missing) == (outside, missing)
    for c, (_, who) in expected.items():
        assert set(log.ids(answer.people(*c))) == who


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes(20)


def jpeg(width: int, height: int) -> bytes:
    frame = b"\xff\xc0\x00\x11\x08" + height.to_bytes(2, "big") + width.to_bytes(2, "big") + bytes(12)
    return b"\xff\xd8\xff\xe0\x00\x10" + bytes(14) + frame


def test_a_screenshot_is_measured_by_its_header_and_the_rest_is_refused() -> None:
    assert (Picture.read(png(390, 844)).width, Picture.read(png(390, 844)).height) == (390, 844)
    assert (Picture.read(jpeg(640, 480)).width, Picture.read(jpeg(640, 480)).height) == (640, 480)
    assert Picture.read(jpeg(640, 480)).url.startswith("data:image/jpeg;base64,")
    for wrong in (
        b"",
        b"<svg/>",
        b"GIF89a" + bytes(40),
        png(390, 844)[:20],
        jpeg(1, 1)[:12],
        b"\xff\xd8\xff\xe0\x00\x00" * 9,
    ):
        with pytest.raises(ParameterError, match="PNG or JPEG"):
            Picture.read(wrong)
    for huge in (png(60_000, 60_000), png(0, 5)):
        with pytest.raises(ParameterError, match="pixels"):
            Picture.read(huge)
    with pytest.raises(ParameterError, match="10 MB"):
        Picture.read(bytes(10_000_001))
