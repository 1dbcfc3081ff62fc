"""The models that a form begins with follow the language of the data, not that of the page."""

import pytest

from kdmcse.data.language import language_of


@pytest.mark.parametrize(
    ("texts", "language"),
    [
        (["赤いマグカップ", "白い皿", "スニーカー"], "ja"),
        (["a red mug", "a white plate"], "en"),
        (["a red mug", "赤いマグカップ", "a plate", "a cap", "a vase", "a bag"], "en"),
        (["红色的杯子", "白色的盘子"], "en"),
        ([], "en"),
    ],
)
def test_kana_tell_japanese(texts, language):
    assert language_of(texts) == language
