"""The log of predictions: what was appended is read back, up to where it was cut off."""

from __future__ import annotations

import resource
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.errors import IntegrityError, StorageError
from roadworthy.ledger.predictions.segment import SegmentWriter, read, segments, torn

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = st.lists(st.dictionaries(st.text(max_size=3), st.integers(-9, 9) | st.text(max_size=5), max_size=3), max_size=4)


def write(folder: Path, groups: Sequence[list[dict[str, Any]]]) -> Path:
    """Append *groups* to one segment in *folder* and return it."""
    with SegmentWriter(folder) as writer:
        for group in groups:
            writer.append(group)
    return segments(folder)[-1]


@settings(max_examples=30, deadline=None)
@given(groups=st.lists(ROWS.filter(bool), min_size=1, max_size=4), data=st.data())
def test_a_log_cut_anywhere_gives_the_whole_groups_before(
    groups: list[list[dict[str, Any]]], data: st.DataObject
) -> None:
    """However many bytes reached the disk, what is read is the appended groups up to some point, never half of one."""
    with tempfile.TemporaryDirectory() as name:
        path = write(Path(name), groups)
        whole = path.read_bytes()
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
        rows = list(read(Path(name)))
        starts = [[row for group in groups[:count] for row in group] for count in range(len(groups) + 1)]

        assert rows in starts
        path.write_bytes(whole)
        assert list(read(Path(name))) == starts[-1]
        assert torn(Path(name)) == {}


def test_what_was_cut_off_is_told(tmp_path: Path) -> None:
    """A torn end is no error, and can be asked for; zeros that the disk left count as torn."""
    path = write(tmp_path, [[{"a": 1}], [{"a": 2}]])
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    cut = (list(read(tmp_path)), list(torn(tmp_path)))
    path.write_bytes(whole + b"\0" * 100)
    padded = (list(read(tmp_path)), torn(tmp_path))

    assert cut == ([{"a": 1}], [path])
    assert padded == ([{"a": 1}, {"a": 2}], {path: 100})


def test_damage_in_the_middle_is_an_error(tmp_path: Path) -> None:
    """A changed byte that is followed by more rows is not mistaken for the end."""
    path = write(tmp_path, [[{"a": 1}], [{"a": 2}]])
    data = bytearray(path.read_bytes())
    data[18] ^= 1
    path.write_bytes(data)

    with pytest.raises(IntegrityError, match="damaged at byte 8"):
        list(read(tmp_path))


def test_another_file_is_not_a_segment(tmp_path: Path) -> None:
    """A file that begins otherwise is refused, not skipped."""
    (tmp_path / "x.segment").write_bytes(b"something else")

    with pytest.raises(IntegrityError):
        list(read(tmp_path))


def test_a_long_log_goes_on_in_the_next_segment(tmp_path: Path) -> None:
    """Segments stay below their limit, and are read in the order of writing."""
    with SegmentWriter(tmp_path, limit=200) as writer:
        for number in range(50):
            writer.append([{"number": number}])

    assert len(segments(tmp_path)) > 5
    assert all(path.stat().st_size <= 200 for path in segments(tmp_path))
    assert [row["number"] for row in read(tmp_path)] == list(range(50))


def test_writers_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Threads of one writer, and two writers of one folder, lose nothing and mix nothing."""
    with SegmentWriter(tmp_path) as one, SegmentWriter(tmp_path) as other:

        def work(writer: SegmentWriter, name: str) -> None:
            for number in range(100):
                writer.append([{"name": name, "number": number}, {"name": name, "number": number}])

        threads = [
            threading.Thread(target=work, args=(writer, name))
            for writer, name in ((one, "a"), (one, "b"), (other, "c"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = list(read(tmp_path))

    assert len(segments(tmp_path)) == 2
    for name in "abc":
        assert [row["number"] for row in rows if row["name"] == name][::2] == list(range(100))


def test_rows_are_there_as_soon_as_they_were_appended(tmp_path: Path) -> None:
    """Another process sees the rows while the writer goes on."""
    with SegmentWriter(tmp_path) as writer:
        writer.append([{"a": 1}])
        first = list(read(tmp_path))
        writer.append([])
        writer.append([{"a": 2}])

        assert first == [{"a": 1}]
        assert list(read(tmp_path)) == [{"a": 1}, {"a": 2}]


def test_a_full_disk_does_not_spoil_what_follows(tmp_path: Path) -> None:
    """A group that does not fit is refused whole, and the next that fits is appended after the last good one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with SegmentWriter(tmp_path) as writer:
        writer.append([{"a": 1}])
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        try:
            with pytest.raises(StorageError, match="full"):
                writer.append([{"a": "x" * 10_000}])
            writer.append([{"a": 2}])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert list(read(tmp_path)) == [{"a": 1}, {"a": 2}]


def test_no_log_has_no_rows(tmp_path: Path) -> None:
    """Reading what was never written gives nothing."""
    assert list(read(tmp_path / "none")) == []
