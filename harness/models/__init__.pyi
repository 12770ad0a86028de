from .array_hashes import given_sha256 as given_sha256, judged_sha256 as judged_sha256
from .build import (
    build_dense as build_dense,
    count_flops as count_flops,
    count_parameters as count_parameters,
    describe_layers as describe_layers,
    make_model as make_model,
    state_megabytes as state_megabytes,
    summary_text as summary_text,
)
from .callbacks import make_callbacks as make_callbacks, unkept as unkept
from .compiled_loss import loss_text as loss_text
from .fingerprint import effect as effect
from .kinds import KERAS as KERAS, SKLEARN as SKLEARN, ModelKind as ModelKind, kind_of as kind_of
from .phase_changes import (
    Compile as Compile,
    PhaseError as PhaseError,
    begin_phase as begin_phase,
    make_phases as make_phases,
    phase_refusal as phase_refusal,
    require_no_callbacks as require_no_callbacks,
)
from .samples import Given as Given, make_samples as make_samples, opened as opened
from .seeded_functions import others_loaded as others_loaded, random_states as random_states, seed_everything as seed_everything
from .soundness import training_fault as training_fault
from .variant_fingerprint import VariantFingerprint as VariantFingerprint
