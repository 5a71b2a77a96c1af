"""Answers of the past are measured as those to come: from the promise each one ended."""

from bisect import bisect_right
from datetime import timedelta

from django.db import migrations

from iofacturo.business_time import week
from iofacturo.business_time.opening import Calendar
from iofacturo.lib import clock

KINDS = ("approved", "rejected", "correction")
PORTION = 500


def fill(apps, schema_editor):
    decisions = apps.get_model("renewals", "ReviewDecision").objects.filter(
        action__in=KINDS, turnaround=None
    )
    calendars = _calendars(apps)
    portion = []
    for decision in decisions.select_related("request__quote").order_by("pk").iterator():
        portion.append(decision)
        if len(portion) == PORTION:
            _measure(apps, portion, calendars)
            portion = []
    if portion:
        _measure(apps, portion, calendars)


def _measure(apps, decisions, calendars):
    Turnaround = apps.get_model("renewals", "Turnaround")
    promises = {}
    for promise in (
        apps.get_model("renewals", "DueTime")
        .objects.filter(request__in={decision.request_id for decision in decisions})
        .order_by("pk")
    ):
        promises.setdefault(promise.request_id, []).append(promise)
    rows = []
    for decision in decisions:
        before = [p for p in promises.get(decision.request_id, ()) if p.made_at <= decision.at]
        if not before:
            continue
        promise, quote = before[-1], decision.request.quote
        taken = _calendar(calendars, decision.at).elapsed(promise.start, decision.at)
        rows.append(
            Turnaround(
                decision=decision,
                day=clock.local(decision.at).date(),
                actor_id=decision.actor_id,
                kind=decision.action,
                minutes=taken // timedelta(minutes=1),
                late=decision.at > promise.due_at,
                amount=quote.total if decision.action == "approved" else 0,
                currency=quote.currency,
            )
        )
    Turnaround.objects.bulk_create(rows)


def _calendars(apps):
    """Every version so far: (when it was made, what it amounts to), in order."""
    days = {}
    for day in apps.get_model("business_time", "CalendarDay").objects.all():
        days.setdefault(day.version_id, []).append(day)
    closed, made = {}, []
    for version in apps.get_model("business_time", "CalendarVersion").objects.order_by("number"):
        for day in days.get(version.pk, ()):
            if day.kind == "opened":
                closed.pop(day.day, None)
            else:
                closed[day.day] = day.name
        made.append((version.made_at, Calendar(week.load(version.hours), closed)))
    return made


def _calendar(calendars, at):
    """The version in force at *at*, or the first one."""
    found = bisect_right([made_at for made_at, _ in calendars], at)
    return calendars[max(found - 1, 0)][1]


class Migration(migrations.Migration):

    dependencies = [
        ("business_time", "0001_initial"),
        ("renewals", "0005_desk"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
