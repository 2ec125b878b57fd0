"""Whether a file is in a language that the model knows."""

from attnviz.data import Notice
from attnviz.inspection.scoring import text_cell
from attnviz.language import Language, with_another
from attnviz.runs import Run

LOOKED_AT = 1_000  # rows, evenly taken


def language_notices(run: Run) -> list[Notice]:
    """What to say where many texts seem to be in a language that the model was not trained on."""
    language, cell = Language.load(run.about.model), text_cell(run.about)
    if language is None:
        return []
    step = max(1, run.about.rows // LOOKED_AT)
    asked = f"SELECT coalesce({cell}, '') AS text FROM rows WHERE row % ? = 0 ORDER BY row LIMIT ?"
    texts = run.query(asked, [step, LOOKED_AT])["text"].tolist()
    notice = language.rows_notice(texts)
    return [with_another(notice, texts, run.about.model)] if notice else []
