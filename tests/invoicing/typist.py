"""A person at the editor without scripts: types only into fields that the page really has.

Fields are called by their names; their labels are checked to be there. A press of a button sends
the whole form, as a browser does, and follows where the answer leads.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse


class Form(HTMLParser):
    """The editor's form: what each field holds, what each list offers, the buttons."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.boxes: dict[str, str] = {}
        self.offered: dict[str, list[str]] = {}
        self.labelled: set[str] = set()
        self.ids: set[str] = set()
        self.buttons: list[str] = []
        self._inside = False
        self._select = ""
        self._area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        self.ids.add(held.get("id", ""))
        if tag == "form":
            self._inside = "data-editor" in held
        if not self._inside:
            return
        name = held.get("name", "")
        if tag == "label":
            self.labelled.add(held.get("for", ""))
        elif tag == "input" and held.get("type") == "checkbox":
            self.boxes[name] = held.get("value", "on")
        elif tag == "input" and name:
            self.fields[name] = held.get("value", "")
        elif tag == "select":
            self._select = name
            self.offered[name] = []
            self.fields[name] = ""
        elif tag == "option" and self._select:
            self.offered[self._select].append(held.get("value", ""))
            if "selected" in held:
                self.fields[self._select] = held.get("value", "")
        elif tag == "textarea":
            self._area = name
            self.fields[name] = ""
        elif tag == "button":
            self.buttons.append(held.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


class Typist:
    """One person, one browser, one draft at a time."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.url = ""
        self.answer: HttpResponse
        self.html = ""
        self.form = Form("")

    def begin(self, tipo: str) -> Typist:
        """Press the type on the first page."""
        return self._follow(self.client.post(reverse("invoicing:new_draft"), {"tipo": tipo}))

    def open(self, url: str) -> Typist:
        self.url = url
        return self._follow(self.client.get(url))

    def fill(self, fields: dict[str, str]) -> Typist:
        """Type into fields of the page as it is."""
        for name, text in fields.items():
            if name in self.form.boxes:
                self.form.fields[name] = self.form.boxes[name]
                continue
            assert name in self.form.fields, (
                f"{name} is not on the page: {sorted(self.form.fields)}"
            )
            assert name in self.form.labelled, f"{name} has no label"
            if name in self.form.offered:
                assert text in self.form.offered[name], f"{name} does not offer {text}"
            self.form.fields[name] = text
        return self

    def choose(self, name: str, code: str) -> Typist:
        """Choose in a list at whose change the page loads again."""
        return self.fill({name: code}).press("guardar")

    def press(self, accion: str) -> Typist:
        assert accion in self.form.buttons, f"no button {accion}: {self.form.buttons}"
        return self._follow(self.client.post(self.url, {**self.form.fields, "accion": accion}))

    def issue(self) -> Any:
        """Press the button that issues; the document, or the problems as the page tells them."""
        from iofacturo.invoicing.models import Comprobante

        self.press("emitir")
        found = re.search(r"/documentos/([0-9]{50})/", self.answer.request["PATH_INFO"])
        assert found, f"not issued: {self.problems()}"
        return Comprobante.objects.get(clave=found[1])

    def problems(self) -> list[str]:
        """What stands in the summary, in words."""
        found = re.search(r'id="h-faltan".*?</ul>', self.html, re.S)
        rows = re.findall(r"<li>(.*?)</li>", found[0], re.S) if found else []
        banner = re.findall(r'role="alert">(.*?)</div>', self.html, re.S)
        told = rows or banner
        return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", one)).strip() for one in told]

    def places(self) -> list[str]:
        """The ids that the summary leads to."""
        found = re.search(r'id="h-faltan".*?</ul>', self.html, re.S)
        return re.findall(r'href="#([^"]+)"', found[0]) if found else []

    def _follow(self, answer: HttpResponse) -> Typist:
        url = self.url
        while answer.status_code in (301, 302):
            url = answer.url  # type: ignore[attr-defined]
            answer = self.client.get(url)
        self.answer = answer
        self.url = url.split("?")[0].split("#")[0]
        self.html = answer.content.decode().replace("\xa0", " ")
        self.form = Form(self.html)
        return self
