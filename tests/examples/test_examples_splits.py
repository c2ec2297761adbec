"""Splits by hash are the same however many rows are hashed at once."""

import numpy as np
import pyarrow as pa

from headrace.examples.splits import hashed


def test_few_texts_are_hashed_as_many_are() -> None:
    texts = pa.array(["", "Łódź", *map(str, range(3000))])
    many = hashed(texts, 1 << 62)
    few = np.concatenate([hashed(texts.slice(start, 500), 1 << 62) for start in range(0, len(texts), 500)])
    assert many.tolist() == few.tolist()
