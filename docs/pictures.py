"""`make pictures`: the screenshots of the help centre, taken from the running product.

A demo is started in an empty folder at a fixed hour, each screen is opened as the person who uses it,
and what the article speaks about is cut out, in light and in dark. The same code makes the same
pictures, so a picture changes in a commit only when its screen did. Chromium's own words, as in the
field of a file or a date, are Spanish where its translations are installed (`chromium-l10n`).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
INTO = ROOT / "src" / "iofacturo" / "static" / "help"
HOUR = "2026-11-30T10:30:00-06:00"
PASSWORD = "demo-iofacturo"
WIDE, TALLEST = 1080, 620  # CSS pixels
CHROMIUM = ["--no-sandbox", "--lang=es-CR", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync"]  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """What *person* sees at *path*, cut to *part*; *reach* goes further by hand first."""

    name: str
    path: str
    part: str = "main"
    person: str = "duena@demo.cr"
    reach: Callable[[Page], None] | None = None


def _first(selector: str) -> Callable[[Page], None]:
    def follow(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_load_state()

    return follow


PICTURES = [
    Picture("mi-plan", "/mi-plan/"),
    Picture("renovar-elegir", "/mi-plan/", "#renovacion"),
    Picture("renovar-transferir", "/mi-plan/", ".slip", reach=_first("main a[href*='/renovar/']:text('Continuar')")),
    Picture("solicitud", "/mi-plan/", person="extrana@demo.cr", reach=_first("main a[href*='/solicitudes/']")),
    Picture("preparar", "/facturar/preparar/"),
    Picture("llave", "/facturar/preparar/llave/"),
    Picture("emitir", "/facturar/"),
    Picture("editor", "/facturar/", "#lineas", reach=_first("main a[href*='/borradores/']:has-text('·')")),
    Picture("tiquete", "/facturar/tiquete/"),
    Picture("documento", "/facturar/documentos/?estado=aceptado&tipo=FE", reach=_first("main table a[href*='/documentos/']")),
    Picture("rechazado", "/facturar/documentos/?estado=rechazado", reach=_first("main table a[href*='/documentos/']")),
    Picture("documentos", "/facturar/documentos/"),
    Picture("recibidos", "/facturar/recibidos/"),
    Picture("personas", "/empresa/personas/"),
    Picture("cartera", "/cartera/", person="contador@demo.cr"),
]  # fmt: skip


@contextmanager
def demo() -> Iterator[str]:
    """The product, filled, at HOUR; its address. `PICTURES_FROM` names one that runs already."""
    running = os.environ.get("PICTURES_FROM")
    if running:
        yield running
        return
    from iofacturo.run import free_port

    port = free_port()
    with tempfile.TemporaryDirectory(prefix="iofacturo-pictures-") as folder:
        environment = {
            **os.environ,
            "PORT": str(port),
            "IOFACTURO_DATA": folder,
            "IOFACTURO_NOW": HOUR,
        }
        process = subprocess.Popen([sys.executable, "-m", "iofacturo.cli", "run"], env=environment)
        try:
            base = f"http://localhost:{port}"
            until = time.monotonic() + 300
            while not _answers(base):
                if time.monotonic() > until or process.poll() is not None:
                    raise SystemExit("The demo does not start.")
                time.sleep(1)
            yield base
        finally:
            process.terminate()
            process.wait(30)


def _answers(base: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base}/salud", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def take(browser: Browser, base: str, picture: Picture, look: str, state: dict) -> tuple[int, int]:
    """Write one picture; its size in CSS pixels."""
    context = browser.new_context(
        viewport={"width": WIDE, "height": 900}, locale="es-CR", color_scheme=look,
        storage_state=state, reduced_motion="reduce",
    )  # fmt: skip
    page = context.new_page()
    page.goto(base + picture.path)
    if picture.reach:
        picture.reach(page)
    part = page.locator(picture.part).first
    part.scroll_into_view_if_needed()
    box = part.bounding_box()
    if box is None:
        raise SystemExit(f"«{picture.name}» shows nothing at {picture.path}.")
    top = page.evaluate("window.scrollY")
    clip = {
        "x": box["x"], "y": box["y"] + top,
        "width": min(WIDE, box["width"]),
        "height": min(TALLEST, box["height"]),
    }  # fmt: skip
    shot = page.screenshot(full_page=True, clip=clip, animations="disabled")
    context.close()
    few = Image.open(BytesIO(shot)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
    few.save(INTO / f"{picture.name}-{look}.png", optimize=True)
    return round(clip["width"]), round(clip["height"])


def main() -> None:
    INTO.mkdir(exist_ok=True)
    only = set(sys.argv[1:])
    listed = INTO / "pictures.json"
    sizes = json.loads(listed.read_text()) if only and listed.exists() else {}
    with demo() as base, sync_playwright() as play:
        chromium = os.environ.get("IOFACTURO_CHROMIUM", "/usr/bin/chromium")
        browser = play.chromium.launch(
            executable_path=chromium, args=CHROMIUM, env={**os.environ, "LANGUAGE": "es_CR"}
        )
        people: dict[str, dict] = {}
        for picture in PICTURES:
            if only and picture.name not in only:
                continue
            if picture.person not in people:
                context = browser.new_context(locale="es-CR")
                page = context.new_page()
                page.goto(f"{base}/cuenta/entrar/")
                page.fill("input[name=login]", picture.person)
                page.fill("input[name=password]", PASSWORD)
                page.press("input[name=password]", "Enter")
                page.wait_for_load_state()
                people[picture.person] = context.storage_state()
                context.close()
            for look in ("light", "dark"):
                sizes[picture.name] = take(browser, base, picture, look, people[picture.person])
            print(picture.name, sizes[picture.name], flush=True)
        browser.close()
    listed.write_text(json.dumps(dict(sorted(sizes.items())), indent=1) + "\n")


if __name__ == "__main__":
    main()
