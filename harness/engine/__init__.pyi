from . import keras_internals as keras_internals
from .array_checks import check_arrays as check_arrays
from .batches import BatchSchedule as BatchSchedule
from .building import build as build, first_inputs as first_inputs
from .callback_rules import monitored as monitored, unmonitored as unmonitored, validation_fault as validation_fault
from .cleanup import free as free
from .configuration_proof import fingerprint as fingerprint
from .device import scaled as scaled, structure as structure
from .engine_choice import Engine as Engine, train as train
from .epoch import Epoch as Epoch, finite as finite
from .feed_fit import outputs_and_targets as outputs_and_targets
from .initial_weights import (
    KEPT_PATH as KEPT_PATH,
    drawing as drawing,
    keep_path as keep_path,
    layers_by_path as layers_by_path,
    seed_streams as seed_streams,
)
from .look import Feeds as Feeds, look_at as look_at
from .overrides import answers as answers, has_call as has_call, refusal as refusal, steps_itself as steps_itself
from .serialization import deserialize as deserialize, serialize as serialize
from .sklearn import (
    ENGINE as ENGINE,
    check_estimator as check_estimator,
    count_parameters as count_parameters,
    describe_estimator as describe_estimator,
    fit_estimator as fit_estimator,
    is_estimator as is_estimator,
    reported as reported,
)
from .state import (
    State as State,
    StateError as StateError,
    random_state as random_state,
    restore_random as restore_random,
)
from .step_traces import steps_key as steps_key
from .training_loop import Training as Training
