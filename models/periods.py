"""The calendar of deadlines: the only place of this addon where dates are computed.

A period runs from its first day to its last day, both included, and the next one
starts the day after. Days and weeks are counted. Months and years step on the
*anchor day*, the day of the month on which the service once began, clipped to the
length of each month: a service begun on the 31st starts on the last day of every
shorter month and on the 31st again wherever there is one.

Nothing here knows Odoo. Dates are ``datetime.date``, lengths are days.
"""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

#: The step of a schedule at which a period is over: one day *after* its end.
EXPIRY = -1
#: Stands for "no step handled yet", farther from the end than any step.
NO_STEP = 100_000
#: Longest duration accepted for each unit: a hundred years.
MAX_COUNT = {"day": 36525, "week": 5217, "month": 1200, "year": 100}
#: What a month has on average, in the Gregorian calendar.
DAYS_PER_MONTH = 365.25 / 12
#: Last day on which any accepted period still ends within the calendar.
LAST_START = date(date.max.year - 101, 12, 31)


def is_valid_duration(count, unit):
    """Say whether ``count`` units are a duration: at least one unit, at most a century.

    >>> is_valid_duration(1, "month"), is_valid_duration(0, "month")
    (True, False)
    >>> is_valid_duration(100, "year"), is_valid_duration(101, "year")
    (True, False)
    >>> is_valid_duration(1, False)
    False
    """
    return unit in MAX_COUNT and 1 <= count <= MAX_COUNT[unit]


def advance(start, count, unit, anchor_day=None):
    """Return the day that lies ``count`` units after ``start``.

    :param date start: first day of a period, no later than ``LAST_START``
    :param int count: how many units, see `is_valid_duration`
    :param str unit: ``day``, ``week``, ``month`` or ``year``
    :param int anchor_day: day of the month for months and years (1-31), the day
        of ``start`` when empty
    :raise ValueError: when the unit is unknown

    >>> advance(date(2026, 1, 31), 1, "month", 31), advance(date(2026, 2, 28), 1, "month", 31)
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 31))
    >>> advance(date(2027, 2, 28), 1, "year", 29)
    datetime.date(2028, 2, 29)
    """
    if unit == "day":
        return start + timedelta(days=count)
    if unit == "week":
        return start + timedelta(weeks=count)
    if unit not in ("month", "year"):
        raise ValueError(f"unknown unit of time: {unit!r}")
    months = count * 12 if unit == "year" else count
    return start + relativedelta(months=months, day=anchor_day or start.day)


def period_end(start, count, unit, anchor_day=None):
    """Return the last valid day of the period that starts on ``start``.

    Takes the arguments of `advance`, raises what it raises.

    >>> period_end(date(2026, 1, 31), 1, "month"), period_end(date(2026, 2, 28), 1, "month", 31)
    (datetime.date(2026, 2, 27), datetime.date(2026, 3, 30))
    >>> period_end(date(2026, 5, 4), 2, "week")
    datetime.date(2026, 5, 17)
    """
    return advance(start, count, unit, anchor_day) - timedelta(days=1)


def period_start(end, count, unit):
    """Return the first day and the anchor day of the period that ends on ``end``.

    The next one starts the day after, so that is the day of the month on which they start.

    :param date end: last valid day
    :raise ValueError: when the unit is unknown, or the period begins before the calendar does

    >>> period_start(date(2026, 12, 31), 1, "year"), period_start(date(2026, 2, 28), 1, "month")
    ((datetime.date(2026, 1, 1), 1), (datetime.date(2026, 2, 1), 1))
    >>> start, anchor_day = period_start(date(2026, 3, 30), 1, "month")
    >>> start, anchor_day, period_end(start, 1, "month", anchor_day)
    (datetime.date(2026, 2, 28), 31, datetime.date(2026, 3, 30))
    >>> period_start(date(2028, 2, 28), 1, "year"), period_start(date(2026, 5, 17), 2, "week")
    ((datetime.date(2027, 2, 28), 29), (datetime.date(2026, 5, 4), 4))
    """
    follows = end + timedelta(days=1)
    start = advance(follows, -count, unit, follows.day)
    return start, follows.day if unit in ("month", "year") else start.day


def series(start, count, step, unit):
    """Return ``count`` days, the first being ``start``, each ``step`` units after the one before.

    All are counted from the start, so that days of the month do not drift.

    :param int count: how many days
    :param int step: units from one to the next, see `advance`

    >>> series(date(2026, 12, 31), 4, 1, "month")[1:]
    [datetime.date(2027, 1, 31), datetime.date(2027, 2, 28), datetime.date(2027, 3, 31)]
    """
    return [advance(start, index * step, unit) for index in range(count)]


def fits(count, interval, duration):
    """Say whether ``count`` days at a distance of ``interval`` fit into any period of ``duration``.

    :param tuple interval: number and unit, as ``(1, "month")``
    :param tuple duration: number and unit

    >>> fits(12, (1, "month"), (1, "year")), fits(13, (1, "month"), (1, "year"))
    (True, False)
    >>> fits(2, (30, "day"), (1, "month")), fits(2, (27, "day"), (1, "month"))
    (False, True)
    """
    steps, unit = (count - 1) * interval[0], interval[1]
    if steps > MAX_COUNT[unit]:
        return False
    return all(
        advance(start, steps, unit) <= period_end(start, *duration)
        for start in (date(2027, month, 1) for month in range(1, 13))
    )


def length(start, end):
    """Return how many days a period has, its first and its last one included.

    >>> length(date(2026, 5, 1), date(2026, 5, 31))
    31
    """
    return (end - start).days + 1


def clip(day, anchor_day):
    """Return the anchor day in the month of ``day``, its last day if it is shorter.

    >>> clip(date(2026, 2, 10), 31)
    datetime.date(2026, 2, 28)
    """
    return day + relativedelta(day=anchor_day)


def anchor(start, anchor_day=None):
    """Return the anchor day of a period that starts on ``start``.

    The anchor of the service is kept while periods start on it. One that starts
    on any other day (a late renewal, an end moved by hand) begins a new count.

    >>> anchor(date(2026, 2, 28), 31), anchor(date(2026, 3, 5), 31), anchor(date(2026, 3, 5))
    (31, 5, 5)
    """
    return anchor_day if anchor_day and clip(start, anchor_day) == start else start.day


def renewal_start(old_end, order_day, grace_days, count, unit, anchor_day=None):
    """Return the first day of the period that renews one which ended on ``old_end``.

    It follows without a gap when the renewal is ordered no later than
    ``grace_days`` days after the old end, unless that period would be over before
    the order. Otherwise it starts on the day of the order.

    :param date old_end: last valid day of the renewed period
    :param date order_day: day of the order
    :param int grace_days: days after the old end
    :param int count: duration of the new period, with ``unit``
    :param int anchor_day: anchor of the renewed period

    >>> renewal_start(date(2026, 3, 30), date(2026, 4, 14), 15, 1, "month", 31)
    datetime.date(2026, 3, 31)
    >>> renewal_start(date(2026, 3, 30), date(2026, 4, 15), 15, 1, "month", 31)
    datetime.date(2026, 4, 15)
    >>> renewal_start(date(2026, 3, 30), date(2026, 4, 9), 15, 1, "week")
    datetime.date(2026, 4, 9)
    """
    follows = old_end + timedelta(days=1)
    if (order_day - old_end).days > grace_days:
        return order_day
    if period_end(follows, count, unit, anchor(follows, anchor_day)) < order_day:
        return order_day
    return follows


def window_start(start, end, days):
    """Return the first day on which a period may be renewed ahead of its end.

    That is ``days`` days before the end, but not before the period itself begins.

    >>> window_start(date(2026, 1, 1), date(2026, 12, 31), 30)
    datetime.date(2026, 12, 1)
    >>> window_start(date(2026, 1, 1), date(2026, 1, 7), 30)
    datetime.date(2026, 1, 1)
    """
    return end - timedelta(days=min(days, length(start, end) - 1))


def month(day, later=0):
    """Return the first and the last day of the month of ``day``, or of one ``later`` months on.

    It stays within the calendar, whatever number people search for.

    >>> month(date(2028, 2, 10))
    (datetime.date(2028, 2, 1), datetime.date(2028, 2, 29))
    >>> month(date(2026, 3, 31), -13)
    (datetime.date(2025, 2, 1), datetime.date(2025, 2, 28))
    >>> month(date(2026, 3, 1), -(10**9))[0], month(date(2026, 3, 1), 10**30)[1]
    (datetime.date(1, 1, 1), datetime.date(9999, 12, 31))
    """
    later = max(later, months_between(day, date.min))
    later = min(later, months_between(day, date.max))
    return day + relativedelta(months=later, day=1), day + relativedelta(months=later, day=31)


def months_between(earlier, later):
    """Return how many months the month of ``later`` comes after that of ``earlier``.

    >>> months_between(date(2025, 12, 31), date(2026, 1, 1))
    1
    >>> months_between(date(2026, 3, 1), date(2026, 1, 31))
    -2
    """
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def span(day, unit, offset=0):
    """Return the first and the last day of the calendar's month, quarter or year around ``day``.

    :param date day: any day, away from the calendar's own ends
    :param str unit: ``month``, ``quarter`` or ``year``
    :param int offset: how many of them further on, negative for earlier ones

    >>> span(date(2026, 1, 31), "month", 1)
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    >>> span(date(2026, 2, 10), "quarter", -1)
    (datetime.date(2025, 10, 1), datetime.date(2025, 12, 31))
    >>> span(date(2026, 2, 10), "year")
    (datetime.date(2026, 1, 1), datetime.date(2026, 12, 31))
    """
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    passed = (day.month - 1) % months
    first = advance(clip(day, 1), offset * months - passed, "month")
    return first, period_end(first, months, "month")


def step_day(end, days_before):
    """Return the day of the step ``days_before`` days before ``end``, `EXPIRY` being one.

    It stays within the calendar, as people write very many days for "no limit".

    >>> step_day(date(2026, 3, 1), 999_999), step_day(date(2026, 3, 1), -10_000_000)
    (datetime.date(1, 1, 1), datetime.date(9999, 12, 31))
    >>> step_day(date(2026, 3, 1), 1), step_day(date(2026, 3, 1), EXPIRY)
    (datetime.date(2026, 2, 28), datetime.date(2026, 3, 2))
    """
    ordinal = end.toordinal() - days_before
    return date.fromordinal(min(max(ordinal, 1), date.max.toordinal()))


def judge_steps(start, end, steps, today, since):
    """Return a dict from each of ``steps``, days before ``end``, to what it comes to.

    ``none``
        the period is too short: it had not begun
    ``planned``
        its day is still to come
    ``past``
        its day was before ``since``, from when on notices are wanted at all
    ``due``
        of all steps reached, the nearest to the end
    ``superseded``
        reached, but another one nearer to the end is as well

    :param date start: first day of the period
    :param date end: its last valid day
    :param steps: days before the end, in any order, `EXPIRY` included where it counts
    :param date today: the company's day
    :param date since: first day whose steps count

    >>> start, end = date(2026, 1, 1), date(2026, 3, 31)
    >>> judge_steps(start, end, [90, 60, 30], date(2026, 3, 25), date(2026, 2, 1))
    {90: 'none', 60: 'past', 30: 'due'}
    >>> judge_steps(start, end, [30, 7, 1], date(2026, 3, 25), start)
    {30: 'superseded', 7: 'due', 1: 'planned'}
    """
    reached = [step for step in steps if step_day(end, step) <= today]
    nearest = min(reached, default=None)
    verdicts = {}
    for step in steps:
        day = step_day(end, step)
        if day <= start:
            verdicts[step] = "none"
        elif day > today:
            verdicts[step] = "planned"
        elif day < since:
            verdicts[step] = "past"
        else:
            verdicts[step] = "due" if step == nearest else "superseded"
    return verdicts


def next_try(first, today, days_after):
    """Return the next day on which to try again what failed, or None after the last one.

    :param date first: day of the first failure
    :param date today: day of the latest one
    :param days_after: days after the first failure, in any order

    >>> first = date(2026, 3, 1)
    >>> next_try(first, first, (3, 7)), next_try(first, date(2026, 3, 5), (3, 7))
    (datetime.date(2026, 3, 4), datetime.date(2026, 3, 8))
    >>> next_try(first, date(2026, 3, 8), (3, 7)) is None
    True
    """
    days = sorted(step_day(first, -after) for after in days_after)
    return next((day for day in days if day > today), None)
