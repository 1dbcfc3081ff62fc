"""What the libraries of models may say: what went wrong, and nothing else. Advice and bars would stand between our own sentences."""

import logging


def quiet() -> None:
    """No bars and no advice from here on; errors are told as before. Call it before a model is loaded."""
    from transformers.utils import logging as of_transformers

    of_transformers.disable_progress_bar()
    of_transformers.set_verbosity_error()
    logging.getLogger("sentence_transformers").setLevel(logging.ERROR)
