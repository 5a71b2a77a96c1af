"""Somebody at a browser without scripts who sells, and presses again until there is an answer."""

import http.client
import random
import re
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

COOKIE = re.compile(r"(csrftoken=[^;]+)")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
VERSION = re.compile(r'name="version" value="(\d+)"')
QUICK = re.compile(r'name="token" value="([^"]+)"')
DRAFT = re.compile(r"/facturar/borradores/([^/]+)/")
ISSUED = re.compile(r"/facturar/documentos/(\d{50})/")
PATIENCE = 240  # seconds for one answer
RECEPTOR = {
    "Receptor/Nombre": "Cliente de Prueba S.A.",
    "Receptor/Identificacion/Tipo": "02",
    "Receptor/Identificacion/Numero": "3-101-654321",
    "Receptor/CorreoElectronico": "compras@cliente.cr",
}
LINEA = {
    "L1/Detalle": "Café molido 500 g",
    "L1/CodigoCABYS": "2391102010200",
    "L1/Cantidad": "2",
    "L1/UnidadMedida": "Kg",
    "L1/PrecioUnitario": "4 200,00",
    "L1/iva": "08",
}


class Unanswered(Exception):
    """Nobody answered in all that time."""


@dataclass
class Reply:
    status: int
    location: str
    text: str
    csrf: str
    """the cookie that goes with the page's form"""


@dataclass
class Diary:
    """What all customers were told; safe across threads."""

    claves: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # by draft
    quick: set[str] = field(default_factory=set)  # operations answered as issued
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def issued(self) -> int:
        with self.lock:
            return len(self.claves) + len(self.quick)

    def count(self, what: object) -> None:
        with self.lock:
            self.statuses[str(what)] += 1


class Customer:
    """Sells in the name of companies whose sessions it holds."""

    def __init__(self, port: int, scene: dict[str, Any], diary: Diary, seed: int, refused: str):
        self.port, self.scene, self.diary, self.refused = port, scene, diary, refused
        self.chance = random.Random(seed)

    def sell(self) -> None:
        """One sale for one of the companies, to the end."""
        company = self.chance.choice(self.scene["companies"])
        if self.chance.random() < 0.2:
            self._tiquete(company)
        else:
            self._draft(company, self.chance.choice(["FE", "TE"]))

    def _tiquete(self, company: dict[str, str]) -> None:
        page = self._ask("GET", "/facturar/tiquete/", company)
        token = _one(QUICK, page.text)
        fields = {
            "token": token, "que": "Café para llevar", "cabys": "2391102010200",
            "monto": "1 130", "medio": "01",
        }  # fmt: skip
        for reply in self._press(company, "/facturar/tiquete/", fields, page):
            if reply.status == 302:
                with self.diary.lock:
                    self.diary.quick.add(f"tiquete:{token}")
            else:
                self._fault(reply)

    def _draft(self, company: dict[str, str], tipo: str) -> None:
        start = self._ask("GET", "/facturar/", company)
        (begun,) = self._press(company, "/facturar/nuevo/", {"tipo": tipo}, start, twice=False)
        if begun.status != 302:
            self._fault(begun)
            return
        place = _one(DRAFT, begun.location)
        path = f"/facturar/borradores/{place}/"
        page = self._ask("GET", path, company)
        if page.status == 302:  # the same person's other window issued it meanwhile
            self._told(place, page)
            return
        if page.status != 200:
            self._fault(page)
            return
        fields = {"accion": "emitir", "version": _one(VERSION, page.text), **LINEA}
        if tipo == "FE":
            fields |= RECEPTOR
            if self.chance.random() < 0.2:
                fields |= {"Receptor/Identificacion/Numero": self.refused}
        for answer in self._press(company, path, fields, page):
            if answer.status == 302:
                self._told(place, answer)
            elif answer.status != 409:  # another window of the same person wrote in it
                self._fault(answer)

    def _told(self, draft: str, reply: Reply) -> None:
        found = ISSUED.search(reply.location)
        if found is None:
            self._fault(reply)
            return
        with self.diary.lock:
            self.diary.claves[draft].add(found[1])

    def _fault(self, reply: Reply) -> None:
        said = re.sub(r"(<[^>]+>|\s)+", " ", reply.text)
        with self.diary.lock:
            self.diary.faults.append(f"{reply.status} {reply.location} {said[:3000]}")

    # -- the wire ------------------------------------------------------------------------------

    def _press(
        self,
        company: dict[str, str],
        path: str,
        fields: dict[str, str],
        page: Reply,
        *,
        twice: bool | None = None,
    ) -> list[Reply]:
        """Send the form; sometimes a double click sends it twice at once."""
        form = {
            **fields,
            "csrfmiddlewaretoken": _one(TOKEN, page.text),
            "empresa": company["empresa"],
        }
        replies: list[Reply] = []
        if twice is None:
            twice = self.chance.random() < 0.3

        def once() -> None:
            replies.append(self._ask("POST", path, company, page.csrf, urlencode(form)))

        other = threading.Thread(target=once) if twice else None
        if other:
            other.start()
        try:
            once()
        finally:
            if other:
                other.join()
        return replies

    def _ask(
        self,
        method: str,
        path: str,
        company: dict[str, str],
        csrf: str = "",
        body: str | None = None,
    ) -> Reply:
        """The answer, however often it takes: while nobody is there people press again."""
        until = time.monotonic() + PATIENCE
        session = f"{self.scene['cookie']}={company['session']}"
        headers = {"Cookie": "; ".join(filter(None, (session, csrf)))}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        while time.monotonic() < until:
            wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                wire.request(method, path, body, headers)
                answer = wire.getresponse()
                text = answer.read().decode(errors="replace")
            except (OSError, http.client.HTTPException) as error:
                self.diary.count(type(error).__name__)
                time.sleep(0.2)
                continue
            finally:
                wire.close()
            self.diary.count(answer.status)
            # 400: the database died after the act and before the session was kept, and Django takes
            # the session for one that was ended; the same form again finds what was issued.
            if answer.status >= 500 or answer.status == 400:
                time.sleep(0.2)
                continue
            given = COOKIE.search(answer.getheader("Set-Cookie") or "")
            return Reply(
                answer.status,
                answer.getheader("Location") or "",
                text,
                given[1] if given else csrf,
            )
        raise Unanswered(f"{method} {path}")


def _one(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise ValueError(f"{pattern.pattern} is not in: {text[:2000]}")
    return found[1]
