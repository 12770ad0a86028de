from .data_checks import has_own_data as has_own_data, outdated_records as outdated_records
from .estimate import (
    dense_parameters as dense_parameters,
    estimate_trials as estimate_trials,
    trial_seconds as trial_seconds,
    wall_seconds as wall_seconds,
)
from .execution import execute as execute, reinstate_displaced as reinstate_displaced, write_everything as write_everything
from .executors import Progress as Progress, WorkerFailure as WorkerFailure
from .executors.local import LocalExecutor as LocalExecutor
from .executors.machine import default_jobs as default_jobs, usable_cores as usable_cores
from .executors.sweeping import sweep as sweep
from .interrupts import Interrupts as Interrupts
from .plan import (
    Options as Options,
    Plan as Plan,
    in_changed_base as in_changed_base,
    make_plan as make_plan,
    results as results,
    selected as selected,
)
from .preflight import (
    must_be_built as must_be_built,
    require_effects as require_effects,
    require_samples as require_samples,
    unused_overrides as unused_overrides,
)
from .record_store import RecordStore as RecordStore
