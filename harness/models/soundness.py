"""Whether a variant's model can be built, and its arrays fit it: what a trial finds out before it trains."""

from harness.data import Arrays, ResolvedDataset
from harness.errors import failure_text
from harness.models.build import make_model
from harness.models.kinds import kind_of
from harness.models.samples import make_samples
from harness.study import Settings, Study


def training_fault(study: Study, settings: Settings, prepared: ResolvedDataset | None = None) -> str:
    """Return how a trial would fail before it trains anything, empty where it would not."""
    if study.trains_itself:  # only its training tells
        return ""
    try:
        given = make_samples(study, settings, prepared, seed=0)
        model = make_model(study, settings, seed=0, arrays=given)
        kind_of(model).check(model, given if isinstance(given, Arrays) else given.look, settings.batch_size)
    except Exception as error:
        return failure_text(error)
    return ""
