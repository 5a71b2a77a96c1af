"""The words of a PDF's text come out with the places they have in its picture."""

from io import BytesIO

import pikepdf
import typst

from iofacturo.uploads import cleaning

PAGE = """#set page(width: 10cm, height: 8cm, margin: 1cm)
Monto: *CRC 63.750,00*

#v(3cm)
Referencia: 485934338 ñ"""


def test_words_stand_where_the_picture_shows_them() -> None:
    data = typst.compile(PAGE.encode())
    cleaned = cleaning.clean(data, "a.pdf")
    assert len(cleaned.words) == len(cleaned.pages) == 1
    said = dict(cleaned.words[0])
    assert "".join(said).replace(" ", "") == "Monto:CRC63.750,00Referencia:485934338ñ"
    high, low = (next(box for text, box in said.items() if part in text) for part in ("CRC", "485"))
    for left, top, right, bottom in said.values():
        assert 0 <= left < right <= cleaned.width
        assert 0 <= top < bottom <= cleaned.height
    assert high[3] < cleaned.height / 3 < cleaned.height / 2 < low[1]

    turned = BytesIO()
    with pikepdf.open(BytesIO(data)) as file:
        file.pages[0].rotate(90, relative=False)
        file.save(turned)
    sideways = cleaning.clean(turned.getvalue(), "b.pdf")
    assert (sideways.width, sideways.height) == (cleaned.height, cleaned.width)
    (box,) = (box for text, box in sideways.words[0] if "485" in text)
    assert box[2] < sideways.width / 2  # the foot of the page is now on the left


def test_a_picture_has_no_words_and_strange_letters_are_left_out() -> None:
    assert cleaning._word(["a\x00b\ud800c\u202ed", [1.5, 2, 3, 4]]) == ("abcd", (1, 2, 3, 4))
    assert len(cleaning._word(["x" * 9999, [1, 2, 3, 4]])[0]) == cleaning.LONGEST_WORD
