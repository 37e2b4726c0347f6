"""Working days against the State Council's notice for 2025 (国办发明电〔2024〕12号) and plain weekdays."""

from datetime import date, timedelta

from gis.plan.workdays import workdays


def test_the_spring_festival_of_2025_is_off_and_the_sundays_around_it_are_worked() -> None:
    found = workdays(date(2025, 1, 24), date(2025, 2, 9))
    off = [date(2025, 1, 28) + timedelta(days=number) for number in range(8)]  # 28 January to 4 February
    assert not set(off) & set(found.days)
    assert {date(2025, 1, 26), date(2025, 2, 8)} <= set(found.days)
    assert date(2025, 2, 9) not in found.days
    assert found.unannounced == ()


def test_a_year_without_a_notice_counts_weekdays_and_is_named() -> None:
    found = workdays(date(2099, 1, 1), date(2099, 1, 11))
    assert [day.weekday() < 5 for day in found.days] == [True] * len(found.days)
    assert (len(found.days), found.unannounced) == (7, (2099,))


def test_outside_china_only_weekends_are_off() -> None:
    found = workdays(date(2025, 1, 24), date(2025, 2, 9), china=False)
    assert [day.weekday() < 5 for day in found.days] == [True] * 11
    assert found.unannounced == ()


def test_leave_is_off_and_a_day_that_is_ordered_is_on() -> None:
    monday, sunday = date(2025, 6, 9), date(2025, 6, 15)
    found = workdays(monday, sunday, off=[monday], on=[sunday])
    assert [day.day for day in found.days] == [10, 11, 12, 13, 15]


def test_there_are_no_days_before_the_first() -> None:
    assert workdays(date(2025, 6, 9), date(2025, 6, 8)).days == ()
