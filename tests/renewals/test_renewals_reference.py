"""The payment reference and the request's number, as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iofacturo.renewals import number, reference

ALPHABET = st.sampled_from(reference.ALPHABET)
BODIES = st.text(ALPHABET, min_size=reference.BODY, max_size=reference.BODY)


def full(body: str) -> str:
    return reference.PREFIX + body + reference.check_character(body)


def test_a_new_reference_is_valid_and_has_no_look_alike() -> None:
    for _ in range(200):
        fresh = reference.new()
        assert reference.is_valid(fresh)
        assert len(fresh) == 10
        assert not set(fresh[3:]) & set("01OILSZBGU")


@given(BODIES)
def test_case_25_case_spaces_and_hyphens_do_not_matter(body) -> None:
    typed = full(body).lower()
    assert reference.compact(f"  {typed[:3]}-{typed[3:6]} {typed[6:]} ") == full(body)


@given(BODIES)
def test_case_25_look_alikes_are_read_back(body) -> None:
    swapped = full(body).translate(str.maketrans("Q5286V", "OSZBGU"))
    assert reference.compact(swapped) == full(body)
    assert reference.validate("10F" + swapped[3:]) == full(body)
    assert reference.validate("l0f" + swapped[3:].lower()) == full(body)


@given(BODIES, st.integers(0, 6), ALPHABET)
def test_case_25_one_wrong_character_is_noticed(body, place, other) -> None:
    right = full(body)[3:]
    wrong = right[:place] + other + right[place + 1 :]
    assert reference.is_valid("IOF" + wrong) == (wrong == right)


@given(BODIES)
def test_case_25_a_truncated_reference_is_refused(body) -> None:
    with pytest.raises(reference.InvalidReference):
        reference.validate(full(body)[:-1])


@given(st.text(max_size=30))
def test_any_text_is_answered_without_an_accident(text) -> None:
    assert reference.is_valid(text) in (True, False)
    assert number.is_valid(text) in (True, False)


def test_a_number_reads_back_however_it_is_typed() -> None:
    fresh = number.new()
    assert number.compact(fresh.lower().replace("-", " ")) == fresh
    assert number.compact(fresh[3:]) == fresh
    assert number.is_valid(fresh)
    assert not number.is_valid(fresh[:-1])
