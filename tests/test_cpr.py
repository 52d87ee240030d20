from calendar import monthrange

import pytest

from sampleaudit.cpr import looks_like_cpr, masked, share_like_cpr


@pytest.mark.parametrize(
    "text",
    [
        "0101901234",
        "010190-1234",
        " 010190-1234 ",
        "010190 1234",
        "010190\u20131234",
        "311299-0000",
    ],
)
def test_a_date_and_four_digits_look_like_cpr(text: str) -> None:
    assert looks_like_cpr(text)


@pytest.mark.parametrize(
    "text",
    [
        "3104901234",  # April has 30 days
        "3002901234",
        "0013901234",
        "0100901234",
        "010190-123",
        "010190-12345",
        "10101901234",
        "010190--1234",
        "01-01-90-1234",
        "S0101901234",
        "",
        "\u0661" * 10,  # Arabic digits
    ],
)
def test_other_text_does_not_look_like_cpr(text: str) -> None:
    assert not looks_like_cpr(text)


def test_the_29th_of_february_counts_where_some_century_has_it() -> None:
    leap = [year for year in range(100) if looks_like_cpr(f"2902{year:02}1234")]
    assert list(range(0, 100, 4)) == leap


def test_the_check_digit_is_not_asked_for() -> None:
    """One of the eleven remainders each: the check digit does not decide."""
    assert all(looks_like_cpr(f"010190-{last:04}") for last in range(11))


def test_chance_share_of_ten_digit_numbers_is_the_days_of_a_century() -> None:
    """Python's calendar counts the days of 2000-2099, with a 29 February in year 00."""
    days = sum(monthrange(year, month)[1] for year in range(2000, 2100) for month in range(1, 13))
    dates = (f"{number:06}1234" for number in range(1_000_000))
    assert days / 1_000_000 == share_like_cpr(dates)


def test_share_counts_everything_that_is_not_text_as_unlike() -> None:
    assert share_like_cpr(["010190-1234", "A1", None, 101901234]) == 1 / 4
    assert share_like_cpr([]) == 0.0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("010190-1234", "010190-****"),
        ("0101901234", "010190-****"),
        ("DK0101901234x", "DK010190-****x"),
        ("010190-1234 and 020290-4321", "010190-**** and 020290-****"),
        ("010190 -\n1234", "010190-****"),
        ("10101901234", "10101901234"),
        ("A-2024-17", "A-2024-17"),
        ("2024001234", "2024001234"),  # there is no month 24
        ("", ""),
    ],
)
def test_masks_what_looks_like_cpr_and_nothing_else(text: str, shown: str) -> None:
    assert shown == masked(text)
