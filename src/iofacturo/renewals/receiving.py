"""A file on its way in: cleaned in a process of its own, stored, ready to be named by a row."""

from __future__ import annotations

from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from iofacturo.renewals import proof
from iofacturo.renewals.errors import Invalid
from iofacturo.renewals.proof import Upload
from iofacturo.uploads import cleaning

FIELD = "archivo"


def receive(request: HttpRequest, at: datetime) -> Upload | None:
    """The cleaned and stored file of the form, None when there is none; Invalid if it is refused.

    Takes a second or so: never inside a transaction.
    """
    file = request.FILES.get(FIELD)
    if not isinstance(file, UploadedFile):
        return None
    name = file.name or "archivo"
    data = file.read(cleaning.LARGEST + 1)  # one byte more is enough to be refused for its size
    try:
        cleaned = cleaning.clean(data, name, file.size)
    except cleaning.Refused as refused:
        raise Invalid({FIELD: refused.message}) from None
    return proof.store(data, cleaned, name, at)
