"""What a variant really changes: its built model, its arrays and its training held against its control's."""

import hashlib
import json
from typing import Any

from harness.data import Arrays, ResolvedDataset, each, none_left
from harness.isolation import changed_settings
from harness.models.array_hashes import add_arrays, arrays_sha256
from harness.models.build import make_model
from harness.models.callbacks import CallbackError, callbacks_text, unmeasured
from harness.models.kinds import SKLEARN, ModelKind, kind_of
from harness.models.layer_factory import LayerError
from harness.models.phase_changes import PhaseError, make_phases, phase_refusal, phases_text, require_no_callbacks, without_rate
from harness.models.reported_metrics import missing, reported_names
from harness.models.samples import image_arrays, make_feeds, own_arrays
from harness.models.variant_fingerprint import VariantFingerprint
from harness.study import Settings, Study, to_json

DATA = ("dataset", "normalize", "samples")  # settings that make the arrays of a study without its own
_VARYING = (
    "{} gives other data each time it is called with one seed, so that nothing can be compared; draw from random or "
    "numpy.random, which follow the trial's seed, or give the generator a seed of its own, as in default_rng(0)."
)


def effect(
    study: Study, settings: Settings, prepared: ResolvedDataset | None = None, *, traced: bool = False, twice: bool = False
) -> VariantFingerprint:
    """Return a hash of all that training would be given, or what is wrong with the layers to edit.

    Two variants with different hashes are different. Those with the same one are the same training where `traced` was asked
    for: what no configuration says is in the trace of the model's steps alone. It takes longer, and is worth it where two
    seem alike. A model with code of its own, or one that cannot be built or traced, tells nothing; nor does one whose
    build patches the libraries. prepared: the dataset that the settings name, where there is one. twice: whether the
    study's own arrays are made once more, to see that they follow from the seed.
    """
    try:
        feeds = make_feeds(study, settings, seed=0) if study.datasets else None
        arrays = feeds.look if feeds else own_arrays(study, settings, prepared, seed=0)
        if twice and feeds is None and arrays is not None and _varying(arrays, own_arrays(study, settings, prepared, seed=0)):
            return VariantFingerprint(fault=_VARYING.format(study.arrays_from))
        built = make_model(study, settings, seed=0, arrays=feeds or arrays or _images(settings, prepared))
        choices = changed_settings()  # of Keras and TensorFlow, which a build may change beside what it makes
        kind = kind_of(built)
        held_out = settings.validation is not None or (arrays is not None and arrays.x_validation is not None)
        own, phased, epochs = _training(study, settings, built, held_out=held_out)
        model = kind.identity(built)
        lacking = _refused(kind, built) or missing(study.metric, built) or _none_left(settings, None if feeds else arrays)
    except (LayerError, CallbackError, PhaseError) as error:
        return VariantFingerprint(fault=str(error))
    except Exception:  # the trial will raise it again, where it is the trial's own result
        return VariantFingerprint()
    if lacking or model is None or choices is None or (feeds and feeds.not_reproducible):
        return VariantFingerprint(error=lacking, epochs=epochs)
    names = (*kind.settings, *DATA) if arrays is None else kind.settings
    if feeds is not None:  # these act on a pipeline only through the study's own function, and then they show in its batches
        names = tuple(name for name in names if name not in ("batch_size", "validation", "validation_by"))
    values = {name: value for name, value in to_json(settings).items() if name in names and not (phased and name == "epochs")}
    digest = hashlib.sha256(json.dumps([model, values, choices, own, phased]).encode())
    if feeds is not None:
        digest.update(feeds.content.encode())
    elif arrays is not None:
        add_arrays(digest, arrays)
    weights = _weights(kind, built)
    if not traced or kind.steps is None:
        return VariantFingerprint(digest.hexdigest(), weights=weights, epochs=epochs, estimator=kind is SKLEARN)
    steps = kind.steps(built, arrays, batch_size=settings.batch_size)
    if steps is None:
        return VariantFingerprint()
    digest.update(steps.program.encode())
    return VariantFingerprint(digest.hexdigest(), weights=weights + steps.start)


def _training(study: Study, settings: Settings, model: Any, *, held_out: bool) -> tuple[str, str, int | None]:
    """Return what a study's own callbacks and phases do, as texts, and how many epochs it trains at the most.

    CallbackError or PhaseError where they cannot do it.
    """
    if kind_of(model) is SKLEARN:
        require_no_callbacks(study, settings, model)
        return "", "", None
    callbacks, own = callbacks_text(study, settings)
    phases = make_phases(study, settings)
    if fault := unmeasured(callbacks, _value_names(model), held_out=held_out):
        raise CallbackError(fault)
    if fault := phase_refusal(model, phases):
        raise PhaseError(fault)
    without_rate(model, phases)
    return own, phases_text(model, phases), sum(phase.epochs for phase in phases) or settings.epochs


def _value_names(model: Any) -> list[str] | None:
    """Return the names of the values that callbacks will be told of training; None where these are not known."""
    several = len(getattr(model, "outputs", None) or ()) > 1  # the names of outputs stand before those of metrics
    return None if several else reported_names(model)


def _varying(arrays: Arrays, again: Arrays | None) -> bool:
    return again is None or arrays_sha256(arrays) != arrays_sha256(again)


def _images(settings: Settings, prepared: ResolvedDataset | None) -> Arrays | None:
    """Return the images that a study without arrays of its own is trained on; None where they are not prepared."""
    return None if prepared is None else image_arrays(prepared, settings)


def _refused(kind: ModelKind, model: Any) -> str:
    reason = kind.refusal(model)
    return reason and f"cannot be trained. {reason}"


def _none_left(settings: Settings, arrays: Arrays | None) -> str:
    """Say that a study's own arrays are too few to hold samples out; empty where they are not, or it has held some out."""
    if arrays is None or settings.validation is None or arrays.x_validation is not None:
        return ""
    return none_left(settings.validation, len(each(arrays.x_train)[0]))


def _weights(kind: ModelKind, model: Any) -> str:
    digest = hashlib.sha256()
    for weight in kind.weights(model):
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()
