"""The text of a table that another program wrote, whichever encoding it chose."""

import codecs

ENCODINGS = ("utf-8-sig", "cp1252")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(data: bytes) -> str | None:
    """The text in *data*, None when it is no text.

    UTF-16, with its mark or without, UTF-8, or Windows-1252.
    """
    for encoding in _likely(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    return None


def _likely(data: bytes) -> tuple[str, ...]:
    if data.startswith(UTF_16):
        return ("utf-16",)
    every_other = data[1:400:2]  # most letters of ours have a zero for their second byte
    if every_other and every_other.count(0) * 4 > len(every_other):
        return ("utf-16-le",)
    return ENCODINGS
