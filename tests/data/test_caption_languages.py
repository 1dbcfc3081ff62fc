"""In which language a caption is, as the upload says it or as its letters do."""

import pandas as pd
import pytest

from kdmcse.data.caption_languages import column_of_language, languages

CAPTIONS = ["白いマグ", "a white mug", "カップ", "紅茶", "", "Tasse à thé"]


def test_letters_tell_japanese_from_the_rest():
    assert languages(pd.DataFrame({"caption": CAPTIONS})).tolist() == ["ja", "other", "ja", "ja", "other", "other"]


@pytest.mark.parametrize("name", ["language", "Lang", "言語"])
def test_a_column_that_says_it_is_believed(name):
    pairs = pd.DataFrame({"caption": CAPTIONS, name: list("abcdef")})
    assert column_of_language(pairs) == name and languages(pairs).tolist() == list("abcdef")
