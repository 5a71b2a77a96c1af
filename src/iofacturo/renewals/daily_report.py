"""The figures of the last business day, by mail, for who of the provider's people asked for them.

Once each business day, from the hour that the settings say on: what was answered since the business
day before, and what waits now. The mail's key holds the day and the person, so that it goes once
however many workers run; who asks for it later that day reads the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import models, transaction
from django.urls import reverse

from iofacturo.accounts import audit
from iofacturo.accounts.staff import Staff
from iofacturo.accounts.user import User
from iofacturo.business_time import calendar
from iofacturo.business_time.calendar import Calendar
from iofacturo.lib import clock, formats
from iofacturo.outbox import mail, page
from iofacturo.renewals import board
from iofacturo.renewals.board import Figures, Group, Standing

ONE_DAY = timedelta(days=1)
MOST_PEOPLE = 20
_sent: dict[str, date] = {}


class ReportReader(models.Model):
    """A person who asked for the daily report; without the row nothing is sent."""

    user = models.OneToOneField(User, models.PROTECT, related_name="+")
    since = models.DateTimeField()

    class Meta:
        verbose_name = "lector del informe diario"
        verbose_name_plural = "lectores del informe diario"


def subscribe(user: User, at: datetime) -> None:
    """Send *user* the report from now on; again, nothing changes."""
    with transaction.atomic():
        _, new = ReportReader.objects.get_or_create(user=user, defaults={"since": at})
        if new:
            audit.record("report.subscribed", by=user, subject=user.email, at=at)


def unsubscribe(user: User, at: datetime) -> None:
    """Send *user* no more reports."""
    with transaction.atomic():
        gone, _ = ReportReader.objects.filter(user=user).delete()
        if gone:
            audit.record("report.unsubscribed", by=user, subject=user.email, at=at)


def reads(user: User) -> bool:
    return ReportReader.objects.filter(user=user).exists()


# -- sending ---------------------------------------------------------------------------------------


def run(now: datetime) -> int:
    """Write today's mails once their hour has come; how many. Cheap every other time."""
    today = clock.local(now).date()
    if _sent.get("day") == today or now < hour_of(today):
        return 0
    hours = calendar.current(now)
    told = _send(today, hours, now) if hours.is_business_day(today) else 0
    _sent["day"] = today
    return told


def hour_of(day: date) -> datetime:
    """The instant from which the report of *day* goes out."""
    return datetime.combine(day, time(settings.DAILY_REPORT_HOUR), clock.COSTA_RICA)


def _send(today: date, hours: Calendar, now: datetime) -> int:
    readers = [
        user
        for user in User.objects.filter(
            pk__in=ReportReader.objects.filter(since__lt=hour_of(today)).values("user"),
            is_active=True,
        ).order_by("pk")
        if _may_read(user)
    ]
    if not readers:
        return 0
    report = of(today, hours, now)
    for user in readers:
        mail.enqueue(
            key=f"daily-report:{today.isoformat()}:{user.pk}",
            to=user.email,
            subject=report.subject,
            text=report.text,
            html=report.html,
            at=now,
        )
    return len(readers)


def _may_read(user: User) -> bool:
    seat = Staff.objects.filter(user=user).first()
    return seat is not None and seat.may("board")


# -- what it says ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """The same figures as text and as a page: sections of names and values."""

    subject: str
    intro: str
    sections: list[tuple[str, list[tuple[str, str]]]]
    url: str

    @property
    def text(self) -> str:
        parts = [self.intro]
        for title, rows in self.sections:
            parts.append("\n".join([title.upper(), *(f"{name}: {value}" for name, value in rows)]))
        parts.append(f"Abrir el tablero:\n{self.url}")
        return "\n\n".join(parts) + "\n\n-- \nioFacturo\n"

    @property
    def html(self) -> str:
        parts: list[dict[str, object]] = [{"lines": [self.intro]}]
        for title, rows in self.sections:
            parts.append({"title": title, "rows": rows})
        parts.append({"label": "Abrir el tablero", "url": self.url})
        return page.render(self.subject, parts)


def of(today: date, hours: Calendar, now: datetime) -> Report:
    """The report that goes out on *today*: from the business day before to yesterday."""
    first, last = last_business_day(today, hours), today - ONE_DAY
    figures = board.figures(first, last)
    return compose(figures, board.standing(now), now)


def last_business_day(today: date, hours: Calendar) -> date:
    """The business day before *today*; ten years without one end in yesterday."""
    for back in range(1, 3660):
        if hours.is_business_day(today - back * ONE_DAY):
            return today - back * ONE_DAY
    return today - ONE_DAY


def compose(figures: Figures, standing: Standing, now: datetime) -> Report:
    """Put *figures* into words."""
    day = formats.fecha_completa(figures.first)
    span = (
        day if figures.first == figures.last else f"{day} a {formats.fecha_completa(figures.last)}"
    )
    total = figures.total
    path = reverse("backoffice:board")
    asked = f"?desde={figures.first.isoformat()}&hasta={figures.last.isoformat()}"
    sections = [("Respuestas", _answers(total)), ("Esperan ahora", _waiting(standing))]
    if figures.people:
        people = figures.people[:MOST_PEOPLE]
        sections.insert(1, ("Por persona", [(name(user), _in_short(one)) for user, one in people]))
    return Report(
        subject=f"Solicitudes: {count(total.answers, 'respuesta')}, {count(total.late, 'tarde', '')}",
        intro=f"Del {span}, en horas hábiles. Lo que espera se contó el {formats.momento(now)}",
        sections=sections,
        url=f"{settings.SITE_URL.rstrip('/')}{path}{asked}",
    )


def _answers(total: Group) -> list[tuple[str, str]]:
    return [
        ("Respuestas", formats.numero(total.answers)),
        ("Mediana", duration(total.median)),
        ("95 de cada 100, en", duration(total.p95)),
        ("Promesas incumplidas", formats.numero(total.late)),
        ("Aprobadas a mano", formats.numero(total.by_hand)),
        ("Aprobadas automáticamente", formats.numero(total.automatic)),
        ("Correcciones pedidas", formats.numero(total.corrections)),
        ("Rechazadas", formats.numero(total.rejected)),
        ("Dinero aprobado", money(total)),
    ]


def _waiting(standing: Standing) -> list[tuple[str, str]]:
    return [
        ("Por revisar", formats.numero(standing.open)),
        ("Tarde", formats.numero(standing.late)),
        ("Con una aprobación de dos", formats.numero(standing.second)),
        ("En pausa, por el cliente", formats.numero(standing.paused)),
    ]


def _in_short(group: Group) -> str:
    return (
        f"{count(group.answers, 'respuesta')}, mediana {duration(group.median)}, "
        f"{count(group.late, 'tarde', '')}"
    )


def name(user: User | None) -> str:
    return str(user) if user else "Automático"


def count(n: int, word: str, plural: str = "s") -> str:
    """`1 respuesta`, `2 respuestas`."""
    return f"{formats.numero(n)} {word}{'' if n == 1 else plural}"


def money(group: Group) -> str:
    """Every currency by itself: they are never added up."""
    shown = [formats.dinero(amount, currency) for currency, amount in sorted(group.money.items())]
    return " y ".join(shown) or formats.dinero(0)


def duration(minutes: int | None) -> str:
    """`2 h 05 min`, `40 min`; a dash without answers."""
    return "—" if minutes is None else formats.duracion(minutes)
