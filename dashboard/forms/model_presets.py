"""Models to start from, with their licence as stated by their makers. Weights for research only are left out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """A model that a form proposes."""

    reference: str
    """what `teacher` or `student` is given"""
    name: str
    language: str
    """`en`, `ja` or `both`"""
    licence: str
    size: float | None = None
    """bytes of its weights in float32 as the registry of mteb 2.26 has them; None where it does not know the model"""


TEACHERS = (
    Preset("hf-hub:llm-jp/waon-siglip2-base-patch16-256", "WAON SigLIP2 base", "ja", "Apache-2.0"),
    Preset("hf-hub:llm-jp/llm-jp-clip-vit-base-patch16", "LLM-jp CLIP ViT-B/16", "ja", "Apache-2.0"),
    Preset("ViT-B-16-SigLIP2/webli", "SigLIP2 ViT-B/16", "en", "Apache-2.0", 4 * 375_187_970),
    Preset("ViT-B-32/laion2b_s34b_b79k", "CLIP ViT-B/32 LAION-2B", "en", "MIT", 4 * 151_277_313),
)
STUDENTS = (
    Preset("cl-nagoya/ruri-v3-30m", "Ruri v3 30M", "ja", "Apache-2.0", 4 * 36_705_536),
    Preset("sentence-transformers/all-MiniLM-L6-v2", "all-MiniLM-L6-v2", "en", "Apache-2.0", 4 * 22_713_216),
    Preset("distilbert/distilbert-base-uncased", "DistilBERT base", "en", "Apache-2.0"),
    Preset("google-bert/bert-base-uncased", "BERT base", "en", "Apache-2.0"),
    Preset("intfloat/multilingual-e5-small", "multilingual E5 small", "both", "MIT", 4 * 118_000_000),
)

TEXT_TEACHERS = (
    Preset("cl-nagoya/ruri-v3-310m", "Ruri v3 310M", "ja", "Apache-2.0", 4 * 314_611_968),
    Preset("sentence-transformers/all-mpnet-base-v2", "all-mpnet-base-v2", "en", "Apache-2.0", 4 * 109_486_464),
    Preset("intfloat/multilingual-e5-base", "multilingual E5 base", "both", "MIT", 4 * 278_000_000),
)


def for_language(presets: tuple[Preset, ...], language: str) -> list[Preset]:
    """Those that read `language` first, then the rest."""
    return sorted(presets, key=lambda preset: preset.language not in (language, "both"))
