from .array_hashes import arrays_sha256 as arrays_sha256, judged_sha256 as judged_sha256
from .build import (
    build_dense as build_dense,
    count_flops as count_flops,
    count_parameters as count_parameters,
    describe_layers as describe_layers,
    make_model as make_model,
    state_megabytes as state_megabytes,
    stop_below as stop_below,
    summary_text as summary_text,
)
from .fingerprint import effect as effect
from .kinds import KERAS as KERAS, SKLEARN as SKLEARN, ModelKind as ModelKind, kind_of as kind_of
from .samples import make_arrays as make_arrays
from .seeded_functions import others_loaded as others_loaded, random_states as random_states, seed_everything as seed_everything
from .soundness import training_fault as training_fault
from .variant_fingerprint import VariantFingerprint as VariantFingerprint
