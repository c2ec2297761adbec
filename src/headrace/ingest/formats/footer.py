"""The last lines of a text file that hold no records, such as a sum below a table. Blank lines do not count.

b"1\\n2\\nsum,3\\n", 1 row   ->   the footer starts at byte 4
"""

from __future__ import annotations

from collections.abc import Iterator

from headrace.files.storage import open_file

BLOCK_BYTES = 1 << 16


def footer_start(path: str, start: int, size: int, rows: int) -> int:
    """The byte at which the last `rows` lines start, of a file whose lines begin at `start`; only its end is read."""
    block = BLOCK_BYTES
    with open_file(path) as stream:
        while True:
            begin = max(start, size - block)
            stream.seek(begin)
            found = last_lines(stream.read(max(size - begin, 0)), rows)
            if found > 0 or begin == start:
                return begin + found
            block *= 4


def without_footer(content: Iterator[bytes], rows: int) -> Iterator[bytes]:
    """The blocks without the last `rows` lines, which are held back as long as more may follow."""
    held = b""
    for block in content:
        held += block
        end = last_lines(held, rows)
        if end:
            yield held[:end]
            held = held[end:]


def last_lines(data: bytes, rows: int) -> int:
    """Where the last `rows` lines of `data` that are not blank start; 0 if there are no more than these."""
    end = len(data)
    while rows and end:
        start = data.rfind(b"\n", 0, end - 1) + 1
        rows -= bool(data[start:end].strip(b"\r\n"))
        end = start
    return end
