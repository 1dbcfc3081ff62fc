"""Small files in the form in which the published code reads its data."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import small


def entries(pictures: int, captions: int = 5, width: int = 8, seed: int = 0) -> Iterator[tuple[str, dict]]:
    """Images of the small pilot's world; numbers are written as float32 gives them."""
    draw = np.random.default_rng(seed)
    for i in range(pictures):
        colour, thing = list(small.COLOURS)[i % 4], small.THINGS[i // 4 % 6]
        words = (f"{colour} {thing}", f"a {thing} in {colour}", f"{thing}s", f"the {colour} one", f"one {thing}")
        vectors = draw.normal(size=(1 + captions, width)).astype(np.float32).astype(float)
        yield (
            f"{1000 + i}",
            {
                "image": f"{1000 + i}.jpg",
                "image_feat": vectors[0].tolist(),
                "captions": [f"{words[n % 5]} {i // 24}" for n in range(captions)],
                "lang_feat": vectors[1:].tolist(),
            },
        )


def write_features(path: Path, found: Iterator[tuple[str, dict]], separator: str = ", ") -> None:
    with path.open("w", encoding="utf-8") as file:
        for number, (key, value) in enumerate(found):
            file.write(f"{separator if number else '{'}{json.dumps(key)}: {json.dumps(value)}")
        file.write("}")


def folder(into: Path, pictures: int = 24, sentences: int = 40, **given) -> Path:
    """DIR of `kdmcse reproduce wiki-flickr`."""
    into.mkdir(parents=True, exist_ok=True)
    write_features(into / "flickr30k_ViT_L14.json", entries(pictures, **given))
    colours, things = list(small.COLOURS), small.THINGS
    lines = [f"{colours[i % 4]} is no {things[i % 6]} of {i}" for i in range(sentences)]
    (into / "wiki1m_for_simcse.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for split, words in (("dev", "old"), ("test", "new")):
        rows = [
            f"main-captions\tMSRvid\t2012test\t{i:04d}\t{i % 6}.000\t{words} {colours[i % 4]} {things[i % 6]}\t{words} {things[i % 5]}"
            for i in range(24)
        ]
        place = into / "SentEval" / "data" / "downstream" / "STS" / "STSBenchmark"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"sts-{split}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return into
