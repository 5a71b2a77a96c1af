"""The text of a table that another program wrote, whichever encoding it chose."""

import codecs

ENCODINGS = ("utf-8-sig", "cp1252")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(data: bytes) -> str | None:
    """The text in *data*: UTF-16 with its mark, UTF-8, or Windows-1252; None when it is no text."""
    for encoding in ("utf-16",) if data.startswith(UTF_16) else ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    return None
