"""The front door: login, reset, throttling, the second factor, sessions."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse
from tests.cast import PASSWORD, person

from iofacturo.accounts import sealing
from iofacturo.accounts.user import User
from iofacturo.outbox.message import Message

LOGIN = "/cuenta/entrar/"
NEUTRAL = "El correo o la contraseña no son correctos."


def enter(client: Client, email: str, password: str = PASSWORD, **more: str):
    return client.post(LOGIN, {"login": email, "password": password, **more})


def code(secret: str, step: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


@pytest.fixture
def secret(owner) -> str:
    """Owner's TOTP secret, active, with recovery codes."""
    text = generate_totp_secret()
    with sealing.owner(owner):
        TOTP.activate(owner, text)
        RecoveryCodes.activate(owner)
    return text


def text_of(page) -> str:
    return page.content.decode()


def test_the_portal_sends_one_to_log_in_and_back(client, owner):
    wanted = reverse("accounts:company") + "?x=1"
    asked = client.get(wanted)
    assert asked.status_code == 302
    assert asked.url.startswith(LOGIN + "?next=")
    page = client.get(asked.url)
    hidden = re.search(r'name="next" value="([^"]+)"', text_of(page))[1].replace("&amp;", "&")
    assert enter(client, owner.email, next=hidden).url == wanted


def test_case_of_the_email_does_not_matter(client, owner):
    assert enter(client, owner.email.upper()).status_code == 302


@pytest.mark.parametrize("elsewhere", ["https://malo.example/", "//malo.example/", "javascript:1"])
def test_it_leads_to_no_other_site(client, owner, elsewhere):
    assert enter(client, owner.email, next=elsewhere).url == "/"


def test_a_wrong_password_and_an_unknown_email_sound_the_same(client, owner):
    wrong = text_of(enter(client, owner.email, "no es esta"))
    unknown = text_of(enter(client, "nadie@ejemplo.cr", "no es esta"))
    assert NEUTRAL in wrong
    assert NEUTRAL in unknown


def test_after_five_failures_even_the_right_password_waits(client, owner):
    for _ in range(5):
        enter(client, owner.email, "no es esta")
    page = enter(client, owner.email)
    assert page.status_code == 200
    assert "demasiados intentos" in text_of(page)
    cache.clear()
    assert enter(client, owner.email).status_code == 302


def test_throttling_is_shared_by_all_processes():
    """In production the count lives in the database, not in one process."""
    source = (django_settings.PACKAGE / "settings.py").read_text()
    assert "django.core.cache.backends.db.DatabaseCache" in source


def test_a_deactivated_person_does_not_get_in(client, owner):
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert enter(client, owner.email).url == reverse("account_inactive")
    assert client.get(reverse("accounts:company")).status_code == 302


def test_there_is_one_door_only(client, db):
    assert django_settings.AUTHENTICATION_BACKENDS == [
        "iofacturo.accounts.backend.AuthenticationBackend"
    ]
    for name in ("admin:index", "account_request_login_code", "mfa_signup_webauthn"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_nobody_signs_up_by_themself(client, db):
    page = client.get(reverse("account_signup"))
    assert "por invitación" in text_of(page)
    data = {"email": "x@ejemplo.cr", "password1": PASSWORD, "password2": PASSWORD}
    assert client.post(reverse("account_signup"), data).status_code == 405
    assert not User.objects.exists()


def test_password_managers_know_the_fields(client, db):
    page = text_of(client.get(LOGIN))
    assert re.search(r'name="login"[^>]*autocomplete="username"', page)
    assert re.search(r'name="password"[^>]*autocomplete="current-password"', page)


def test_remembering_is_ones_own_choice(client, owner):
    enter(client, owner.email)
    assert client.session.get_expire_at_browser_close()
    other = Client()
    enter(other, owner.email, remember="on")
    assert not other.session.get_expire_at_browser_close()


def test_logging_out_needs_a_post(client, owner):
    enter(client, owner.email)
    assert client.get(reverse("account_logout")).status_code == 200
    assert client.get(reverse("accounts:company")).status_code == 200
    client.post(reverse("account_logout"))
    assert client.get(reverse("accounts:company")).status_code == 302


# -- the password --------------------------------------------------------------------------------


def test_a_forgotten_password_is_set_by_mail_once(client, owner):
    client.post(reverse("account_reset_password"), {"email": owner.email})
    mail = Message.objects.get(to=owner.email)
    assert mail.subject == "Elija otra contraseña"
    link = re.search(r"https?://[^/\s]+(/\S+)", mail.text)[1]
    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    assert mail.text.count("http") == 1
    fresh = "otra frase que tampoco olvido"
    client.post(address, {"password1": fresh, "password2": fresh})
    assert enter(Client(), owner.email, fresh).status_code == 302
    assert "ya no sirve" in text_of(Client().get(link, follow=True))


def test_resetting_tells_nobody_who_has_an_account(client, owner):
    known = client.post(reverse("account_reset_password"), {"email": owner.email})
    unknown = client.post(reverse("account_reset_password"), {"email": "nadie@ejemplo.cr"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert "no tiene cuenta" in Message.objects.get(to="nadie@ejemplo.cr").text


def test_changing_the_password_is_told_by_mail(client, owner):
    enter(client, owner.email)
    fresh = "otra frase que tampoco olvido"
    data = {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    client.post(reverse("account_change_password"), data)
    assert client.get(reverse("accounts:company")).status_code == 200  # still logged in
    assert Message.objects.get(to=owner.email).subject == "Su contraseña cambió"


@pytest.mark.parametrize("weak", ["corta", "1234567890", "password123"])
def test_a_weak_password_is_refused(client, owner, weak):
    enter(client, owner.email)
    data = {"oldpassword": PASSWORD, "password1": weak, "password2": weak}
    page = client.post(reverse("account_change_password"), data)
    assert page.context["form"].errors["password1"]


def test_a_new_email_counts_once_it_is_confirmed(client, owner):
    enter(client, owner.email)
    client.post(reverse("account_email"), {"email": "nuevo@ejemplo.cr", "action_add": ""})
    owner.refresh_from_db()
    assert owner.email == "duena@ejemplo.cr"
    mail = Message.objects.get(to="nuevo@ejemplo.cr")
    link = re.search(r"https?://[^/\s]+(/\S+)", mail.text)[1]
    assert "nuevo@ejemplo.cr" in text_of(client.get(link))
    client.post(link)
    owner.refresh_from_db()
    assert owner.email == "nuevo@ejemplo.cr"


# -- the second factor -----------------------------------------------------------------------------


def test_totp_is_activated_with_a_code_and_gives_recovery_codes(
    client, owner, django_capture_on_commit_callbacks
):
    enter(client, owner.email)
    asked = client.get(reverse("mfa_activate_totp"), follow=True)
    assert "Confirme que es usted" in text_of(asked)
    page = client.post(
        reverse("account_reauthenticate"),
        {"password": PASSWORD, "next": reverse("mfa_activate_totp")},
        follow=True,
    )
    shown = re.search(r'id="secreto" value="([A-Z2-7]+)"', text_of(page))[1]
    assert "data:image/svg+xml" in text_of(page)
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert wrong.context["form"].errors["code"]
    assert shown not in str(dict(client.session.items())), "it waits sealed in the session"
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post(reverse("mfa_activate_totp"), {"code": code(shown)})
    assert done.url == reverse("mfa_view_recovery_codes")
    codes = re.findall(r"<li>(\d{8})</li>", text_of(client.get(done.url)))
    assert len(codes) == 10
    download = client.get(reverse("mfa_download_recovery_codes"))
    assert codes[0] in text_of(download)
    assert Message.objects.get(to=owner.email).subject == "Activó la aplicación de códigos"


def test_login_with_totp_asks_for_the_code_and_keeps_the_way(client, owner, secret):
    wanted = reverse("accounts:company")
    assert enter(client, owner.email, next=wanted).url == reverse("mfa_authenticate")
    assert client.get(wanted).status_code == 302  # half a login opens nothing
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "El código no es correcto" in text_of(wrong)
    now = code(secret)
    assert client.post(reverse("mfa_authenticate"), {"code": now}).url == wanted
    assert client.get(wanted).status_code == 200
    methods = client.session["account_authentication_methods"]
    assert [m["method"] for m in methods] == ["password", "mfa"]


def test_a_code_is_good_once(owner, secret):
    now = code(secret)
    first, second = Client(), Client()
    enter(first, owner.email)
    assert first.post(reverse("mfa_authenticate"), {"code": now}).status_code == 302
    enter(second, owner.email)
    assert second.post(reverse("mfa_authenticate"), {"code": now}).status_code == 200


def test_a_recovery_code_is_good_once(owner, secret):
    with sealing.owner(owner):
        spare = RecoveryCodes(Authenticator.objects.get(type="recovery_codes")).generate_codes()[3]
    first, second = Client(), Client()
    enter(first, owner.email)
    assert first.post(reverse("mfa_authenticate"), {"code": spare}).status_code == 302
    enter(second, owner.email)
    assert second.post(reverse("mfa_authenticate"), {"code": spare}).status_code == 200


def test_guessing_codes_is_throttled(client, owner, secret):
    enter(client, owner.email)
    pages = [client.post(reverse("mfa_authenticate"), {"code": "000000"}) for _ in range(8)]
    assert "demasiados intentos" in text_of(pages[-1])


# -- staff -------------------------------------------------------------------------------------------


def test_staff_do_not_get_past_the_door_with_a_password_alone(settings, client, admin):
    settings.STAFF_MUST_HAVE_MFA = True
    client.force_login(admin)
    asked = client.get(reverse("backoffice:staff"))
    assert asked.url == reverse("mfa_index")
    assert "Active el segundo paso" in text_of(client.get(asked.url))
    with sealing.owner(admin):
        TOTP.activate(admin, generate_totp_secret())
    assert client.get(reverse("backoffice:staff")).status_code == 200


def test_in_the_demo_staff_may_do_without(settings, client, admin):
    settings.STAFF_MUST_HAVE_MFA = False
    client.force_login(admin)
    assert client.get(reverse("backoffice:staff")).status_code == 200


def test_customers_choose_for_themselves(settings, client, owner):
    settings.STAFF_MUST_HAVE_MFA = True
    client.force_login(owner)
    assert client.get(reverse("accounts:company")).status_code == 200


def test_spare_codes_alone_open_no_desk(settings, client, admin):
    """A recovery code alone is no second factor."""
    settings.STAFF_MUST_HAVE_MFA = True
    client.force_login(admin)
    with sealing.owner(admin):
        RecoveryCodes.activate(admin)
    assert client.get(reverse("backoffice:staff")).status_code == 302


# -- sessions ----------------------------------------------------------------------------------------


def test_other_sessions_are_listed_and_closed(owner):
    here, there = Client(HTTP_USER_AGENT="Aquí"), Client(HTTP_USER_AGENT="Allá")
    enter(there, owner.email)
    there.get(reverse("accounts:company"))
    enter(here, owner.email)
    page = text_of(here.get(reverse("usersessions_list")))
    assert "Aquí" in page
    assert "Allá" in page
    here.post(reverse("usersessions_list"))
    assert there.get(reverse("accounts:company")).status_code == 302
    assert here.get(reverse("accounts:company")).status_code == 200


def test_a_person_without_a_seat_may_still_manage_their_account(as_client, nobody):
    client = as_client(nobody)
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get(reverse("accounts:companies")).status_code == 200
    assert client.get(reverse("accounts:company")).status_code == 404


def test_an_unconfirmed_email_does_not_get_in(client, db):
    user = person("pendiente")
    user.emailaddress_set.update(verified=False)
    assert enter(client, user.email).url == reverse("account_email_verification_sent")
