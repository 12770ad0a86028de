from . import keras_internals as keras_internals
from .building import build as build
from .building import first_inputs as first_inputs
from .cleanup import free as free
from .device import scaled as scaled
from .device import structure as structure
from .engine_choice import train as train
from .layer_seeding import (
    KEPT_PATH as KEPT_PATH,
)
from .layer_seeding import (
    drawing as drawing,
)
from .layer_seeding import (
    keep_path as keep_path,
)
from .layer_seeding import (
    layers_by_path as layers_by_path,
)
from .layer_seeding import (
    seed_streams as seed_streams,
)
from .model_checks import fingerprint as fingerprint
from .overrides import answers as answers
from .overrides import has_call as has_call
from .overrides import refusal as refusal
from .serialization import deserialize as deserialize
from .serialization import serialize as serialize
from .sklearn import (
    ENGINE as ENGINE,
)
from .sklearn import (
    count_parameters as count_parameters,
)
from .sklearn import (
    describe_estimator as describe_estimator,
)
from .sklearn import (
    fit_estimator as fit_estimator,
)
from .sklearn import (
    is_estimator as is_estimator,
)
from .sklearn import (
    reported as reported,
)
from .state import State as State
from .state import StateError as StateError
from .step_traces import steps_key as steps_key
from .training_loop import Epoch as Epoch
from .training_loop import Training as Training
from .training_loop import finite as finite
