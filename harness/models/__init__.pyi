from .array_hashes import given_sha256 as given_sha256, judged_sha256 as judged_sha256
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
from .samples import Given as Given, make_samples as make_samples
from .seeded_functions import others_loaded as others_loaded, random_states as random_states, seed_everything as seed_everything
from .variant_fingerprint import VariantFingerprint as VariantFingerprint
