"""«¿Le ha sido útil este artículo?», and what staff see of it."""

import base64
import json
from datetime import timedelta

import altcha
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from iofacturo.help_center import challenge, feedback, shelf
from iofacturo.help_center.feedback import Feedback
from iofacturo.help_center.version import ArticleVersion
from iofacturo.lib import clock

pytestmark = pytest.mark.django_db
SLUG = "renovar-su-plan"
PAGE = f"/ayuda/{SLUG}/"
SAY = f"/ayuda/{SLUG}/opinion/"


def solution(client: Client) -> str:
    """What the widget sends: it looks for the number as the browser does."""
    asked = client.get(reverse("help_center:challenge")).json()
    found = altcha.solve_challenge(
        asked["challenge"], asked["salt"], asked["algorithm"], asked["maxnumber"]
    )
    said = {**asked, "number": found.number}
    del said["maxnumber"]
    return base64.b64encode(json.dumps(said).encode()).decode()


def test_a_yes_is_one_press_and_a_visitor_has_one_vote() -> None:
    client = Client()
    for _ in range(2):
        answer = client.post(SAY, {"util": "si"}, follow=True)
        assert "Gracias por decirnos" in answer.content.decode()
    assert Feedback.objects.count() == 1
    Client().post(SAY, {"util": "si"})
    assert feedback.totals() == {SLUG: (2, 0)}


def test_a_no_says_why_and_the_last_vote_counts() -> None:
    client = Client()
    client.post(SAY, {"util": "si"})
    said = {"util": "no", "comentario": "No vi <b>el botón</b>", "altcha": solution(client)}
    refused = client.post(SAY, said)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "Seleccione al menos una de las razones" in page
    assert "No vi &lt;b&gt;el botón&lt;/b&gt;" in page  # nothing is lost
    assert Feedback.objects.get().useful
    sent = client.post(SAY, {**said, "razon": ["dificil", "inventada", "no-esta"]}, follow=True)
    assert "Sus comentarios se han enviado" in sent.content.decode()
    row = Feedback.objects.get()
    assert (row.useful, row.reasons) == (False, ["no-esta", "dificil"])
    assert row.version == shelf.own()[SLUG].version


def test_a_solution_serves_once_and_only_ours_and_not_for_ever(monkeypatch) -> None:
    client = Client()
    good = solution(client)
    no = {"util": "no", "razon": "otra"}
    for bad in ("", "x", good[:-8], base64.b64encode(b"[]").decode(), "A" * 5000):
        assert Client().post(SAY, {**no, "altcha": bad}).status_code == 422, bad
    assert client.post(SAY, {**no, "altcha": good}).status_code == 302
    assert Client().post(SAY, {**no, "altcha": good}).status_code == 422
    assert Feedback.objects.count() == 1
    late = solution(client)
    assert challenge.solved(late, clock.now()) != ""
    assert challenge.solved(late, clock.now() + challenge.LASTS + timedelta(seconds=1)) == ""


def test_a_person_of_the_portal_needs_no_proof_of_work(as_client, owner) -> None:
    answer = as_client(owner).post(SAY, {"util": "no", "razon": "dificil"})
    assert answer.status_code == 302
    assert Feedback.objects.get().visitor == f"u{owner.pk}"


@pytest.mark.parametrize(
    "said", [{}, {"util": "quizas"}, {"util": "no"}, {"util": "no", "razon": "x"}]
)
def test_a_wrong_form_is_told_and_kept(said) -> None:
    assert Client().post(SAY, said).status_code == 422
    assert not Feedback.objects.exists()


def test_an_address_that_votes_without_end_is_stopped() -> None:
    cache.clear()
    codes = {Client().post(SAY, {"util": "si"}).status_code for _ in range(45)}
    assert codes == {302, 429}
    assert Feedback.objects.count() == 40


def test_only_the_articles_page_lets_the_widget_in() -> None:
    policy = Client().get(PAGE)["Content-Security-Policy"]
    assert "worker-src 'self' blob:" in policy
    assert "unsafe-inline" not in Client().get("/ayuda/")["Content-Security-Policy"]
    assert "visita" not in Client().get(PAGE).cookies


def test_the_questions_queries_do_not_grow(django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(10):
        Client().get("/ayuda/", {"q": "renovar plan"})
    with django_assert_max_num_queries(8):
        Client().get(PAGE)
    assert Client().get("/ayuda/no-existe/").status_code == 404
    assert Client().get("/ayuda/", {"q": "\x00<script>" * 50}).status_code in (200, 400)


def test_staff_read_write_and_take_back(as_client, admin, support, reviewer) -> None:
    desk = as_client(support)
    desk.post(SAY, {"util": "no", "razon": "dificil", "comentario": "=HOLA()"})
    list_page = desk.get(reverse("backoffice:articles")).content.decode()
    assert "Cómo renovar su plan" in list_page
    url = reverse("backoffice:article", args=[SLUG])
    page = desk.get(url).content.decode()
    assert "Es difícil de entender" in page
    assert "=HOLA()" in page
    text = shelf.own_texts()[SLUG].replace("Los nueve pasos", "Nueve pasos y ya")
    shown = desk.post(url, {"text": text, "after": 0, "accion": "ver"})
    assert "Así se va a leer" in shown.content.decode()
    assert not ArticleVersion.objects.exists()
    broken = desk.post(url, {"text": text + "\n[x](pagina:nada)", "after": 0, "accion": "publicar"})
    assert broken.status_code == 422
    assert "no lleva a ninguna pantalla" in broken.content.decode()
    for expected in (302, 422):  # a second press, or a colleague's, comes late
        answer = desk.post(url, {"text": text, "after": 0, "accion": "publicar"})
        assert answer.status_code == expected
    assert "Nueve pasos y ya" in Client().get(PAGE).content.decode()
    assert (
        "Nueve pasos y ya"
        in desk.get(reverse("backoffice:article_version", args=[SLUG, 1])).content.decode()
    )
    back = reverse("backoffice:article_withdrawal", args=[SLUG])
    desk.post(back, {"after": 1})
    desk.post(back, {"after": 1})
    assert ArticleVersion.objects.count() == 2
    assert "Los nueve pasos" in Client().get(PAGE).content.decode()
    assert as_client(reviewer).get(url).status_code == 403
    start = desk.post(reverse("backoffice:articles"), {"slug": "Algo Malo"})
    assert start.status_code == 422
    assert desk.post(reverse("backoffice:articles"), {"slug": "algo-nuevo"}).status_code == 302
