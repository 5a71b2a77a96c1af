"""The articles of the product, what their text may hold, and how they are found."""

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import get_resolver, resolve, reverse

from iofacturo.help_center import article, rendering, search, shelf, version
from iofacturo.help_center.article import Unreadable
from iofacturo.lib import clock

HEAD = "---\ntitulo: Uno\nresumen: Dos\ntema: plan\nmodificado: 2026-11-23\n---\n"


def read(text: str) -> article.Article:
    return article.parse("uno", text, version="x")


def names(resolver=None, room: str = "") -> set[str]:
    found = set()
    for one in (resolver or get_resolver()).url_patterns:
        if hasattr(one, "url_patterns"):
            inner = f"{room}{one.namespace}:" if one.namespace else room
            found |= names(one, inner)
        elif one.name:
            found.add(room + one.name)
    return found


@pytest.mark.parametrize("slug", sorted(shelf.own()))
def test_an_article_of_ours_leads_where_it_says(slug) -> None:
    one = shelf.own()[slug]
    page = rendering.render(one.body, frozenset(shelf.own()))
    assert page.problems == ()
    assert set(one.related) <= set(shelf.own()) - {slug}
    screens = names()
    rooms = {name.partition(":")[0] for name in screens}
    for screen in one.screens:
        assert screen in screens or (screen.endswith(":*") and screen[:-2] in rooms), screen
    assert 'alt=""' not in page.html
    for link in re.findall(r'<a href="(/[^"#]*)', page.html):
        assert resolve(link)


def on_screens() -> str:
    """Every word that the product can put on a screen, without the articles themselves."""
    home = rendering.PICTURES.parents[1]
    files = [*home.glob("templates/**/*.html"), *home.rglob("*.py")]
    return "\n".join(path.read_text() for path in files if "demo" not in path.parts)


def test_what_an_article_calls_by_its_name_is_on_a_screen() -> None:
    """Bold words with a capital are names of buttons, pages and headings, but where a step begins."""
    screens = on_screens()
    named = [
        (slug, label)
        for slug, one in shelf.own().items()
        for label in re.findall(r"(?<!\d\. )\*\*([A-ZÁÉÍÓÚ¿][^*]+)\*\*", one.body)
    ]
    assert len(named) > 50
    assert [(slug, label) for slug, label in named if label not in screens] == []


def test_every_picture_is_in_the_product() -> None:
    for name in rendering.pictures():
        for look in ("light", "dark"):
            path = rendering.PICTURES / f"{name}-{look}.png"
            assert path.read_bytes().startswith(b"\x89PNG"), path
            assert path.stat().st_size < 200_000, path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hola", "tres guiones"),
        ("---\n---\nHola", "tres guiones"),
        ("---\ntitulo: [\n---\nHola", "no se entienden"),
        ("---\ntitulo: Uno: dos\n---\nHola", "línea 2"),
        (HEAD.replace("titulo: Uno\n", "") + "x", "«titulo»"),
        (HEAD.replace("plan", "otra") + "x", "«tema»"),
        (HEAD.replace("2026-11-23", "ayer") + "x", "«modificado»"),
        (HEAD.replace("2026-11-23", "2026-11-23 10:00:00") + "x", "«modificado»"),
        (HEAD.replace("---\n", "---\norden: mucho\n", 1) + "x", "«orden»"),
        (HEAD.replace("---\n", "---\npalabras: una\n", 1) + "x", "«palabras»"),
        (HEAD.replace("---\n", "---\nautor: yo\n", 1) + "x", "«autor»"),
        (HEAD.replace("Uno", "&a [x,x]") + "x", "& o *"),
        (HEAD.replace("Uno", "!!python/object:os.system x") + "x", "no se entienden"),
        (HEAD.replace("Uno", "U" * 121) + "x", "120"),
        (HEAD, "no tiene texto"),
        (HEAD + "x" * article.LONGEST, "Divídalo"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(text, said) -> None:
    with pytest.raises(Unreadable, match=re.escape(said)):
        read(text)


def test_the_head_becomes_fields() -> None:
    one = read(
        "\ufeff" + HEAD.replace("---\n", "---\npalabras: [pagar, IBAN]\norden: 7\n", 1) + "Texto"
    )
    assert (one.title, one.topic, one.modified, one.order) == ("Uno", "plan", date(2026, 11, 23), 7)
    assert (one.keywords, one.body) == (("pagar", "IBAN"), "Texto")


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "[x](javascript:alert(1))",
        "[x](data:text/html,<script>)",
        "[x](//malo.example/)",
        '![x" onerror="alert(1)](foto:nada)',
        '[x](/a"onmouseover="b)',
        "`<b>`",
    ],
)
def test_markup_in_the_text_is_text(hostile) -> None:
    html = rendering.render(hostile, frozenset()).html
    assert not re.search(
        r"<(?:script|img|b|svg)\b|<[^>]*\son\w+=|href=\"(?:javascript|data|//)", html
    )


def test_deep_and_long_text_is_bounded() -> None:
    for text in (">" * 20_000, "[" * 20_000, "- " * 5_000, "*a" * 10_000, "![" * 10_000):
        rendering.render(text, frozenset())


def test_steps_notices_headings_and_links() -> None:
    page = rendering.render(
        "# A\n\n## B c\n\n## B c\n\n1. uno\n\n> ojo\n\n[p](pagina:renewals:mi_plan) [a](ayuda:uno#b)",
        frozenset({"uno"}),
    )
    assert [(h.anchor, h.text) for h in page.headings] == [
        ("a", "A"),
        ("b-c", "B c"),
        ("b-c-2", "B c"),
    ]
    assert '<ol class="numbered">' in page.html
    tight = rendering.render("1. En **Empresa**, uno\n2. dos\n\n- tres", frozenset()).html
    assert "<p>En <strong>Empresa</strong>, uno</p>" in tight
    assert "<li>tres</li>" in tight
    assert 'class="banner"' in page.html
    assert f'href="{reverse("renewals:mi_plan")}"' in page.html
    assert 'href="/ayuda/uno/#b"' in page.html
    assert "<h1" not in page.html


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("RENOVACION", "renovar-su-plan"),
        ("renovando", "renovar-su-plan"),
        ("transferéncia exacta", "renovar-su-plan"),
        ("rechazada", "entender-un-rechazo"),
        ("¿cómo subo la llave p12?", "llave-criptografica"),
        ("contadora", "contadores"),
        ("anular factura", "notas-de-credito-y-debito"),
        ("descargar zip", "exportar-sus-documentos"),
        ("folio gracia", "folios-y-vencimiento"),
        ("migrar consecutivo", "cambiar-de-sistema"),
    ],
)
def test_people_find_the_article_they_mean(question, first) -> None:
    hits = search.search(shelf.Shelf(-1, shelf.own()), question)
    assert hits[0].article.slug == first, [hit.article.slug for hit in hits]


def test_what_is_found_is_marked_and_escaped() -> None:
    one = read(HEAD + "Antes de `<b>` está la **Transferencia** exacta & más.")
    hits = search.search(shelf.Shelf(-99, {"uno": one}), "transferencia")
    assert (
        str(hits[0].snippet)
        == "Antes de &lt;b&gt; está la <mark>Transferencia</mark> exacta &amp; más."
    )
    assert search.search(shelf.Shelf(-99, {"uno": one}), " ¿? ") == []
    assert search.search(shelf.Shelf(-99, {"uno": one}), "(" * 500 + "a.*") == []


@pytest.mark.django_db
def test_staffs_text_stands_over_the_products_until_it_is_taken_back(owner) -> None:
    slug, now = "renovar-su-plan", clock.now()
    url = reverse("help_center:article", args=[slug])
    mine = HEAD.replace("Uno", "Renovar, según nosotros") + "Texto nuestro, búsquese chirimoya."
    made = version.publish(slug, mine, after=0, over="", by=owner, at=now)
    assert "Renovar, según nosotros" in Client().get(url).content.decode()
    assert [hit.article.version for hit in search.search(shelf.shelf(), "chirimoya")] == [
        made.label
    ]
    with pytest.raises(version.Moved):
        version.publish(slug, mine, after=0, over="", by=owner, at=now)
    version.publish(slug, "", after=1, over="", by=owner, at=now)
    assert "Los nueve pasos" in Client().get(url).content.decode()
    version.publish("solo-nuestro", mine, after=0, over="", by=owner, at=now)
    assert Client().get(reverse("help_center:article", args=["solo-nuestro"])).status_code == 200
    version.publish("solo-nuestro", "", after=1, over="", by=owner, at=now)
    assert Client().get(reverse("help_center:article", args=["solo-nuestro"])).status_code == 404
