"""The ZIP that can be left and taken up again, judged by the standard library."""

from __future__ import annotations

import random
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iofacturo.invoicing.archive import zip_file
from iofacturo.invoicing.archive.zip_file import GrowingZip, Mark, beside

AT = datetime(2026, 11, 23, 15, 0, 2, tzinfo=UTC)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bodies=st.lists(st.binary(max_size=3000), max_size=12),
    cuts=st.sets(st.integers(0, 12)),
    lost=st.integers(0, 500),
)
def test_it_goes_on_after_any_whole_entry_and_forgets_what_came_after(tmp_path, bodies, cuts, lost):
    path = tmp_path / "a.zip"
    path.unlink(missing_ok=True)
    beside(path).unlink(missing_ok=True)
    mark, work = Mark(), None
    for n, body in enumerate(bodies):
        work = work or GrowingZip(path, mark)
        work.add(f"año/{n}.xml", body, AT)
        mark = work.whole()
        if n in cuts:  # killed in the middle of the next entry
            work.add("half", random.Random(n).randbytes(lost), AT)
            work.whole()
            work.__exit__(None, None, None)
            work = None
    table = tmp_path / "t.csv"
    table.write_bytes(b"x" * 200_000)
    with work or GrowingZip(path, mark) as last:
        last.add_file("tabla.csv", table, AT)
        last.finish()
    with zipfile.ZipFile(path) as judge:
        assert judge.testzip() is None
        assert judge.namelist() == [f"año/{n}.xml" for n in range(len(bodies))] + ["tabla.csv"]
        assert [judge.read(f"año/{n}.xml") for n in range(len(bodies))] == bodies
        assert judge.read("tabla.csv") == table.read_bytes()
        assert judge.infolist()[-1].date_time == (2026, 11, 23, 9, 0, 2)


def test_more_entries_than_the_old_form_holds(tmp_path):
    with GrowingZip(tmp_path / "b.zip", Mark()) as work:
        for n in range(65_540):
            work.add(str(n), b"", AT)
        work.finish()
    with zipfile.ZipFile(tmp_path / "b.zip") as judge:
        assert len(judge.namelist()) == 65_540


def test_offsets_and_sizes_beyond_the_old_form(tmp_path, monkeypatch):
    """The limit is lowered, so that the wide form is written without four gigabytes."""
    table = tmp_path / "t.csv"
    table.write_bytes(b"y" * 5000)
    with GrowingZip(tmp_path / "c.zip", Mark()) as work:
        work.add("first", b"1" * 9000, AT)
        monkeypatch.setattr(zip_file, "FAR", 10)
        work.add("second", b"2" * 9000, AT)
        work.add_file("third", table, AT)
        work.finish()
    with zipfile.ZipFile(tmp_path / "c.zip") as judge:
        assert judge.testzip() is None
        assert judge.read("second") == b"2" * 9000
        assert judge.read("third") == b"y" * 5000


def test_files_that_are_shorter_than_remembered_are_refused(tmp_path):
    with pytest.raises(ValueError, match="holds 0 bytes"):
        GrowingZip(tmp_path / "d.zip", Mark(data=10, directory=5, entries=1))
