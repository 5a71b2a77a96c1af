"""The portfolio's pages: what is urgent, only what is granted, and one form for many companies."""

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.renewals import scene, several

from iofacturo.accounts.membership import Membership
from iofacturo.folios import summary
from iofacturo.folios.daily_use import DailyUse
from iofacturo.folios.outlook import outlooks
from iofacturo.lib import clock
from iofacturo.renewals import bank, draft
from iofacturo.renewals.group import RenewalGroup
from iofacturo.renewals.portfolio.listing import Listing
from iofacturo.renewals.proof import PaymentProof
from iofacturo.renewals.request import RenewalRequest
from iofacturo.uploads import cleaning

AT, DAY = several.AT, scene.DAY
HOME = "/cartera/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def firms(house, accountant):
    return several.companies(accountant)


@pytest.fixture
def client(accountant, as_client):
    return as_client(accountant)


def used(company, per_day: int, days: int = 40) -> None:
    """So many folios a day, as the days' table remembers them."""
    lot = company.lots.get()
    today = clock.local(AT).date()
    DailyUse.objects.bulk_create(
        DailyUse(lot=lot, company=company, day=today - n * DAY, used=per_day, returned=0)
        for n in range(1, days + 1)
    )


def plain(answer) -> str:
    """The words of a page, spaces made one."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text.replace("\xa0", " "))


def listed(answer) -> list[str]:
    return re.findall(r'<th role="rowheader" scope="row"><a [^>]+>([^<]+)</a>',
                      answer.content.decode().split('id="empresas-t"')[1])  # fmt: skip


# -- what is urgent ----------------------------------------------------------------------------------


def test_the_forecast_is_that_of_mi_plan(firms):
    for company, per_day in zip(firms, (1, 2, 3), strict=False):
        used(company, per_day)
    known = outlooks(firms, AT)
    for company in firms:
        own, here = summary.overview(company, AT), known[company.pk]
        assert here.available == own.available
        assert here.pace == own.pace
        assert here.covered == (own.forecast.day if own.forecast else None)
        assert here.runs_out == (own.forecast.runs_out if own.forecast else False)


def test_the_most_urgent_first_found_and_filtered(firms, accountant, client):
    used(firms[2], 10)  # 40 folios: four days
    used(firms[1], 1)  # forty days
    Membership.objects.create(
        user=accountant, company=several.company("Agotada Cinco S.A.", folios=0), role="reader"
    )
    ending = several.company("Vence Seis S.A.", months=1)
    Membership.objects.create(user=accountant, company=ending, role="accountant")
    answer = client.get(HOME)
    assert listed(answer) == [
        firms[2].nombre, ending.nombre, firms[1].nombre, "Panadería Uno S.A.",
        "Taller Cuatro S.A.", "Agotada Cinco S.A.", "Café Prueba S.A.",
    ]  # fmt: skip
    assert listed(client.get(HOME, {"q": "dos ferreteria"})) == [firms[1].nombre]
    assert listed(client.get(HOME, {"q": firms[1].cedula})) == [firms[1].nombre]
    assert listed(client.get(HOME, {"estado": "por-vencer"})) == [ending.nombre]
    assert listed(client.get(HOME, {"estado": "por-agotarse"})) == [firms[2].nombre]
    assert listed(client.get(HOME, {"orden": "nombre"}))[0] == "Agotada Cinco S.A."
    assert "Ninguna empresa coincide" in plain(client.get(HOME, {"q": "nadie"}))
    scene.sent(firms[0], accountant)
    scene.drafted(firms[1], accountant)
    assert set(listed(client.get(HOME, {"estado": "en-curso"}))) == {f.nombre for f in firms[:2]}


def test_as_many_queries_for_many_as_for_few(
    firms, accountant, as_client, django_assert_num_queries
):
    client = as_client(accountant)
    client.get(HOME)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(HOME)
    for n in range(60):
        company = several.company(f"Empresa {n:03d} S.A.")
        Membership.objects.create(user=accountant, company=company, role="accountant")
    with django_assert_num_queries(len(few)):
        page = client.get(HOME)
    assert len(listed(page)) == 50
    assert len(listed(client.get(HOME, {"pagina": "2"}))) == 15
    assert len(listed(client.get(HOME, {"pagina": "999"}))) == 15
    seats = list(Membership.objects.filter(user=accountant).select_related("company"))
    assert len(Listing(seats, {}, AT).found) == 65


def test_the_table_for_a_spreadsheet(firms, accountant, client):
    used(firms[0], 2)
    firms[1].nombre = "=HYPERLINK(1)"
    firms[1].save()
    answer = client.get("/cartera/cartera.csv")
    text = b"".join(answer.streaming_content).decode()
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 5
    by_name = {row["Empresa"]: row for row in rows}
    assert "'=HYPERLINK(1)" in by_name
    first = by_name["Panadería Uno S.A."]
    assert (first["Folios restantes"], first["Folios por mes, a su ritmo"]) == ("40", "61")
    assert first["Alcanza hasta"] == "2026-12-12"
    assert first["Puede renovar"] == "sí"
    assert by_name["Café Prueba S.A."]["Puede renovar"] == "no"
    found = client.get("/cartera/cartera.csv", {"q": "taller"})
    assert b"".join(found.streaming_content).count(b"\n") == 2


# -- only what is granted ----------------------------------------------------------------------------


def test_who_has_no_company_finds_nothing_and_who_has_one_no_link(
    nobody, owner, accountant, firms, as_client
):
    assert as_client(nobody).get(HOME).status_code == 404
    assert 'href="/cartera/"' not in as_client(owner).get("/").content.decode()
    assert 'href="/cartera/"' in as_client(accountant).get("/").content.decode()


def test_a_group_is_its_makers_alone(firms, accountant, owner, stranger, as_client):
    group = several.sent(firms[:2], accountant)
    colleague = cast.seat("socia", firms[0], "owner")
    for user in (owner, stranger, colleague):
        assert as_client(user).get(f"{HOME}grupos/{group.number}/").status_code == 404
    page = PaymentProof.objects.get(request__group=group, company=firms[0])
    own = f"/mi-plan/solicitudes/{page.request.number}/"
    answer = as_client(colleague).get(own)
    assert group.reference in plain(answer), "the company sees its own request"
    assert group.number not in plain(answer)
    assert firms[1].nombre not in plain(answer)


def test_revoked_means_gone_at_the_next_click(firms, accountant, client):
    group = several.sent(firms[:2], accountant)
    where = f"{HOME}grupos/{group.number}/"
    row = group.requests.get(company=firms[1])
    held = PaymentProof.objects.get(request=row)
    picture = f"{where}comprobantes/{held.pk}/1.png"
    assert firms[1].nombre in plain(client.get(where))
    assert client.get(picture).status_code == 200
    Membership.objects.filter(company=firms[1]).update(removed_at=AT)
    answer = client.get(where)
    assert firms[1].nombre not in plain(answer)
    assert row.number not in plain(answer)
    assert "ya no le da acceso" in plain(answer)
    assert "₡75 000,00" in plain(answer)
    assert "₡150 000,00" not in plain(answer)
    assert client.get(picture).status_code == 404
    assert firms[1].nombre not in plain(client.get(HOME))
    Membership.objects.filter(company=firms[0]).update(removed_at=AT)
    assert client.get(where).status_code == 404


# -- one form for many -------------------------------------------------------------------------------


@pytest.fixture
def cleaned(monkeypatch):
    """A file is clean without a child process."""
    monkeypatch.setattr(cleaning, "clean", lambda data, name, size=None: scene.picture(data)[1])


def begun(client, firms, code: str = "500", token: str = "una") -> str:
    answer = client.post(
        f"{HOME}renovar/",
        {"token": token, "c": [f.public_id for f in firms], "plan_todas": code},
    )
    assert answer.status_code == 302, plain(answer)
    return answer.url


def form(number: str, **fields: object) -> dict:
    """What the group's page would send."""
    group = RenewalGroup.objects.get(number=number.split("/")[-2])
    rows = list(group.standing())
    return {
        "accion": "enviar", "token": "envio", "version": group.version,
        "fila": [row.number for row in rows], "terminos": rows[0].given.terms_id,
        **{f"plan-{row.number}": row.given.plan_version.plan.code for row in rows},
    } | fields  # fmt: skip


def slip_file(seed: str = "uno") -> SimpleUploadedFile:
    return SimpleUploadedFile("transferencia.png", f"file {seed}".encode(), "image/png")


def test_from_the_portfolio_to_a_sent_group(firms, client, cleaned):
    page = client.get(f"{HOME}renovar/", {"c": [f.public_id for f in firms[:3]]})
    assert all(f.nombre in plain(page) for f in firms[:3])
    where = begun(client, firms[:3])
    assert where == begun(client, firms[:3]), "the same form makes one group"
    answer = client.get(where)
    assert "₡225 000,00" in plain(answer)
    group = RenewalGroup.objects.get()
    assert group.reference in plain(answer)
    answer = client.post(where, form(where, archivo=slip_file()))
    assert (answer.status_code, answer.url) == (302, where)
    again = client.post(where, form(where, archivo=slip_file()))
    assert (again.status_code, again.url) == (302, where), "twice pressed, once sent"
    assert "Recibimos sus 3 solicitudes" in plain(client.get(where))
    assert RenewalRequest.objects.filter(state="in_review").count() == 3
    other = client.post(where, form(where, archivo=slip_file("otro")))
    assert other.status_code == 409


def test_one_company_goes_to_its_own_form_and_none_is_told(firms, client):
    assert client.get(f"{HOME}renovar/").url == HOME
    asked = {"c": firms[0].public_id}
    assert client.get(f"{HOME}renovar/", asked).url == (
        f"/mi-plan/renovar/?empresa={firms[0].public_id}"
    )


def test_errors_stand_beside_each_row_and_nothing_is_lost(firms, client, cleaned):
    fields = {"token": "t", "c": [f.public_id for f in firms[:2]],
              f"plan-{firms[0].public_id}": "100"}  # fmt: skip
    answer = client.post(f"{HOME}renovar/", fields)
    assert answer.status_code == 422
    assert "Escoja un plan." in plain(answer)
    assert '<option value="100" selected>' in answer.content.decode()
    assert not RenewalGroup.objects.exists()
    where = begun(client, firms[:2])
    row = RenewalRequest.objects.get(company=firms[1])
    draft.save(row, row.draft | {"billing": {"tipo": "02", "numero": "1"}}, at=AT)
    fields = form(where, archivo=slip_file(), monto="150000", banco="Banco Uno")
    del fields["terminos"]
    answer = client.post(where, fields)
    assert answer.status_code == 422
    assert 'id="fila-' + row.number in answer.content.decode()
    assert "Número de identificación" in plain(answer)
    assert "hace falta aceptar los términos" in plain(answer)
    page = client.get(where).content.decode()
    assert "transferencia.png" in page, "the file need not be chosen again"
    assert 'value="Banco Uno"' in page
    billing = f"{where}{row.number}/factura/"
    assert client.get(billing).status_code == 200
    whole = {"tipo": "02", "numero": "3-101-700123", "nombre": "Bien S.A.",
             "correos": "a@ejemplo.cr", "provincia": "1", "canton": "1-01",
             "distrito": "1-01-01", "otras_senas": "Casa esquinera"}  # fmt: skip
    assert client.post(billing, whole | {"correos": "no"}).status_code == 422
    assert client.post(billing, whole).status_code == 302
    assert client.post(where, form(where, monto="150000")).status_code == 302
    assert RenewalRequest.objects.filter(state="in_review").count() == 2
    sent = RenewalRequest.objects.get(pk=row.pk)
    assert (sent.billing.nombre, sent.proofs.get().amount) == ("Bien S.A.", 150000)


def test_another_plan_is_seen_before_it_is_sent(firms, client, cleaned):
    where = begun(client, firms[:2])
    row = RenewalRequest.objects.get(company=firms[0])
    fields = form(where, archivo=slip_file(), **{f"plan-{row.number}": "100"})
    answer = client.post(where, fields)
    assert "Todavía no lo enviamos" in plain(answer)
    assert "₡97 000,00" in plain(answer)
    assert RenewalRequest.objects.filter(state="draft").count() == 2
    assert client.post(where, form(where)).url == where
    assert RenewalGroup.objects.get().total == 97000


def test_the_slip_knows_when_the_account_changed_and_pays_to_one_only(firms, client, senior, admin):
    where = begun(client, firms[:2])
    assert "Esta cuenta no ha cambiado desde" in plain(client.get(where))
    scene.account(senior, admin, iban="CR75015202001026284067", at=clock.now())
    text = plain(client.get(where))
    assert "Este pedido conserva la que le dimos" in text
    assert "CR05 0152 0200 1026 2840 66" in text
    group = RenewalGroup.objects.get()
    client.post(f"{HOME}renovar/", {"token": "otra", "grupo": group.number,
                                    "c": firms[2].public_id, f"plan-{firms[2].public_id}": "500"})  # fmt: skip
    text = plain(client.get(where))
    assert text.count("Actualizar precio y cuenta") == 2
    assert "2840 66" not in text, "no account is shown while the rows name two"
    assert "2840 67" not in text
    for row in RenewalRequest.objects.filter(company__in=firms[:2]):
        client.post(where, form(where, accion=f"precio:{row.number}"))
    text = plain(client.get(where))
    assert "CR75 0152 0200 1026 2840 67" in text
    assert "Esta cuenta cambió el" in text
    assert "Actualizar precio y cuenta" not in text


def test_only_those_with_a_plan_count_when_companies_are_added(firms, client, monkeypatch):
    monkeypatch.setattr("iofacturo.renewals.portfolio.choose_page.MOST_COMPANIES", 3)
    where = begun(client, firms[:2])
    fields = {"token": "más", "grupo": where.split("/")[-2],
              "c": [f.public_id for f in firms[2:]], f"plan-{firms[3].public_id}": "100"}  # fmt: skip
    answer = client.post(f"{HOME}renovar/", fields | {f"plan-{firms[2].public_id}": "100"})
    assert answer.status_code == 422
    assert "En un grupo caben 3 empresas: quite 1." in plain(answer)
    assert client.post(f"{HOME}renovar/", fields).url == where
    assert RenewalGroup.objects.get().standing().count() == 3


def test_a_company_closed_in_the_middle_drops_out_with_a_word(firms, client, cleaned):
    where = begun(client, firms[:3])
    Membership.objects.filter(company=firms[1]).update(can_renew=False)
    answer = client.post(where, form(where, archivo=slip_file(), banco="Banco Uno"), follow=True)
    text = plain(answer)
    assert "No se envió: ya no tiene permiso" in text
    assert "Renovar 2 empresas" in text
    assert firms[1].nombre not in text.split("Empresas y planes")[1]
    assert "transferencia.png" in answer.content.decode()
    assert client.post(where, form(where)).url == where
    assert RenewalGroup.objects.get().total == 150000


def test_a_company_can_take_its_part_out_by_itself(firms, client, as_client):
    where = begun(client, firms[:2])
    row = RenewalRequest.objects.get(company=firms[0])
    boss = as_client(cast.seat("jefa", firms[0], "owner"))
    status = f"/mi-plan/solicitudes/{row.number}/"
    assert boss.get(f"/mi-plan/renovar/{row.number}/").url == status
    assert "junto con otras empresas" in plain(boss.get(status))
    boss.post(f"{status}cancelar/")
    assert "Renovar 1 empresa" in plain(client.get(where))


def test_the_smaller_buttons(firms, client, cleaned):
    where = begun(client, firms[:2])
    rows = [RenewalRequest.objects.get(company=firm) for firm in firms[:2]]

    def press(act: str, **fields: object):
        return client.post(where, form(where, accion=act, **fields), follow=True)

    assert "transferencia.png" in press("subir:", archivo=slip_file()).content.decode()
    sha = PaymentProof.objects.filter(removed_at=None).first().sha256
    assert "transferencia.png" not in press(f"archivo:{sha}").content.decode()
    assert "factura" in press(f"factura:{rows[0].number}").redirect_chain[-1][0]
    assert "Quitamos a" in plain(press(f"quitar:{rows[0].number}"))
    added = client.get(f"{HOME}renovar/", {"grupo": where.split("/")[-2]})
    assert firms[2].nombre in plain(added)
    answer = client.post(
        f"{HOME}renovar/",
        {"grupo": where.split("/")[-2], "c": [f.public_id for f in firms if f != firms[1]],
         f"plan-{firms[3].public_id}": "100"}, follow=True,
    )  # fmt: skip
    assert "Renovar 2 empresas" in plain(answer)
    assert "Guardamos el grupo" in plain(press("salir"))
    assert "Continuar" in plain(client.get(HOME))
    assert "Descartamos el grupo" in plain(press("descartar"))
    assert not RenewalRequest.objects.filter(state="draft").exists()


# -- the desk ----------------------------------------------------------------------------------------


def test_the_desk_sees_the_group_and_approves_it_from_one_line(
    firms, accountant, reviewer, senior, as_client
):
    group = several.sent(firms[:3], accountant)
    rows = list(group.standing())
    desk = as_client(reviewer)
    where = f"/gestion/renovaciones/{rows[0].number}/"
    assert "Todavía no hay un movimiento" in plain(desk.get(where))
    line = scene.imported(senior, (group.total, group.reference)).lines.get()
    text = plain(desk.get(where))
    assert "3 empresas, una transferencia" in text
    assert "alcanza exacto" in text
    assert "Revisar y aprobar las 3 juntas" in text
    assert all(row.company.nombre in text for row in rows)
    answer = desk.post(
        f"{where}rechazo/",
        {"version": rows[0].version, "rejection-reason": "on_request", "line": line.pk},
    )
    assert answer.status_code == 302
    assert bank.credit(rows[0].company) == 75000
    second = f"/gestion/renovaciones/{rows[1].number}/"
    link = re.search(r'href="(/gestion/renovaciones/lote/confirmacion/[^"]+)"',
                     desk.get(second).content.decode())  # fmt: skip
    page = desk.get(link[1].replace("&amp;", "&")).content.decode()
    chosen = re.findall(r'name="solicitud" value="([^"]+)"', page)
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    desk.post("/gestion/renovaciones/lote/aprobacion/", {"solicitud": chosen, "token": token})
    states = set(group.requests.values_list("state", flat=True))
    assert states == {RenewalRequest.REJECTED, RenewalRequest.ACTIVE}
    assert line.left == 0
    for words in (group.reference.lower(), group.number):
        found = desk.get("/gestion/renovaciones/", {"q": words})
        assert all(row.number in plain(found) for row in rows)
