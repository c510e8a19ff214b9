"""Patterns and suggested groups: by hand and against a plain matcher."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.edits import GroupEvents, suggest_groups
from analysis.errors import UnknownValueError
from analysis.events import from_rows


def fits(pattern: str, value: str, **settings: bool) -> bool:
    return bool(GroupEvents(pattern, "x", **settings).fits([value])[0])


@pytest.mark.parametrize(
    ("pattern", "fitting", "other"),
    [
        (
            "/product/*",
            ["/product/1", "/product/1/reviews", "/product/a b", "/PRODUCT/1"],
            ["/products/1", "x/product/1"],
        ),
        ("view*", ["view", "View item"], ["preview"]),
        ("?at", ["cat", "Hat"], ["at", "chat"]),
        ("/p/:id", ["/p/1", "/p/sku-7", "/P/1/", "/p/1?tab=2", "/p/1#top"], ["/p/list", "/p/1/x", "/p/"]),
        ("/p/{id}/", ["/p/1"], ["/p/list"]),
        ("/u/:name/x", ["/u/ann/x", "/u/1/x"], ["/u/x", "/u/a/b/x", "/u//x"]),
        ("*/:id/*", ["a/1/b", "a/b/c2/d"], ["a/b/c", "1/b"]),
        ("a.c", ["a.c"], ["abc"]),
        ("click:button", ["click:button"], ["click1", "click/1"]),
        ("*", ["anything", "/a/b", "a\nb"], [""]),
        ("a*b*c", ["abc", "a--bb--c", "abcbc"], ["acb", "ab"]),
        ("点击*", ["点击购买"], ["购买"]),
        ("https://m.shop.cn/#/p/:id", ["https://m.shop.cn/#/p/12?from=ad"], ["https://m.shop.cn/#/cart"]),
    ],
)
def test_a_pattern_fits_the_whole_value(pattern: str, fitting: list[str], other: list[str]) -> None:
    assert [v for v in fitting if not fits(pattern, v)] == []
    assert [v for v in other if fits(pattern, v)] == []


def test_the_query_is_looked_at_where_asked_and_where_there_is_no_path() -> None:
    assert fits("/p/1", "/p/1?a=b/") and not fits("/p/1", "/p/1?a=b/", ignore_query=False)
    assert fits("/p/1?a=*", "/p/1?a=b", ignore_query=False)
    assert fits("really?", "really?") and not fits("really", "really?")  # no "/", so no query


def test_grouping_changes_the_values_that_fit_and_counts_rows() -> None:
    pages = ["/p/1", "/p/1", "/p/2", "/p/list", ""]
    log = from_rows(
        [{"user": "u", "time": f"2026-01-0{1 + k}", "event": "view", "page": p} for k, p in enumerate(pages)]
    )
    edit = GroupEvents("/p/:id", "/p/*", column="page")
    words = edit.apply(log).words("page")
    assert edit.count(log) == 3
    assert [words.values[c] for c in words.codes] == ["/p/*", "/p/*", "/p/*", "/p/list", ""]
    nothing = GroupEvents("/q/*", "q", column="page")
    assert nothing.count(log) == 0
    with pytest.raises(UnknownValueError, match="'/q/\\*' does not occur"):
        nothing.apply(log)


def test_groups_are_suggested_where_paths_differ_in_ids_only() -> None:
    counts = {
        "/product/123": 5,
        "/Product/456": 2,
        "/product/list": 90,
        "/cart": 80,
        "/v2/u/12/o/7": 1,
        "/v2/u/13/o/8/": 2,
    }
    found = suggest_groups(counts)
    assert found[0] == ("/product/:id", "/product/*", ("/product/123", "/Product/456"), 7)
    assert found[1][:2] == ("/v2/u/:id/o/:id", "/v2/u/*/o/*") and found[1].events == 3
    assert len(found) == 2


@pytest.mark.parametrize(
    "values", [["/a/1"], ["/step-1", "/step-2"], ["/1", "/2"], ["buy 1", "buy 2"], ["/a/1", "/b/1"], ["/a/x", "/a/y"]]
)
def test_nothing_is_suggested_where_nothing_is_an_id_among_other_parts(values: list[str]) -> None:
    assert suggest_groups(values) == ()


@pytest.mark.parametrize(
    "ids",
    [
        ("7f3c0a9e1b", "00ff12ab9c"),
        ("red-shoes-10023", "blue-hat-20441"),
        ("a1.html", "12.html"),
        ("sku-123", "sku-124"),
    ],
)
def test_what_looks_like_an_id(ids: tuple[str, str]) -> None:
    found = suggest_groups([f"/item/{i}" for i in ids])
    assert bool(found) == (ids[0] != "a1.html")


def plain(pattern: str, value: str) -> bool:
    """`*` and `?` by trying everything."""
    if not pattern:
        return not value
    if pattern[0] == "*":
        return any(plain(pattern[1:], value[k:]) for k in range(len(value) + 1))
    return bool(value) and pattern[0] in ("?", value[0]) and plain(pattern[1:], value[1:])


@settings(max_examples=500, deadline=None)
@given(pattern=st.text("ab*?", min_size=1, max_size=7), value=st.text("ab", min_size=1, max_size=8))
def test_wildcards_against_a_plain_matcher(pattern: str, value: str) -> None:
    assert fits(pattern, value) == plain(pattern, value)


PART = st.sampled_from(["a", "1", "b2"])


@settings(max_examples=300, deadline=None)
@given(
    pattern=st.lists(st.sampled_from(["a", ":id", ":any", "*", "1"]), min_size=1, max_size=5),
    value=st.lists(PART, min_size=1, max_size=6),
)
def test_places_between_wildcards_against_a_plain_matcher(pattern: list[str], value: list[str]) -> None:
    """Here "*" stands for a part or more, so that all can be tried part by part."""

    def tried(want: list[str], have: list[str]) -> bool:
        if not want or not have:
            return not want and not have
        if want[0] == "*":
            return any(tried(want[1:], have[k:]) for k in range(1, len(have) + 1))
        one = {":id": any(c.isdigit() for c in have[0]), ":any": True}.get(want[0], want[0] == have[0])
        return one and tried(want[1:], have[1:])

    assert fits("/" + "/".join(pattern), "/" + "/".join(value)) == tried(pattern, value)


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(
        st.lists(st.sampled_from(["p", "q", "12", "345", "x9876"]), min_size=1, max_size=4)
        .map("/".join)
        .map("/{}".format),
        unique=True,
    )
)
def test_a_suggestion_holds_exactly_what_its_pattern_fits(values: list[str]) -> None:
    for group in suggest_groups(values):
        hit = GroupEvents(group.pattern, group.name).fits(values)
        assert group.values == tuple(np.array(values, object)[hit]) and len(group.values) > 1


def test_a_hostile_pattern_takes_no_time() -> None:
    began = time.perf_counter()
    assert not fits("*a" * 30 + "b", "a" * 2000)
    assert time.perf_counter() - began < 1
