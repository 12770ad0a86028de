from .data_checks import outdated_records as outdated_records
from .estimate import (
    dense_parameters as dense_parameters,
    estimate_trials as estimate_trials,
    trial_seconds as trial_seconds,
    wall_seconds as wall_seconds,
)
from .execution import execute as execute
from .execution import reinstate_displaced as reinstate_displaced
from .execution import write_everything as write_everything
from .executors.local import LocalExecutor as LocalExecutor
from .executors.machine import default_jobs as default_jobs
from .executors.machine import usable_cores as usable_cores
from .executors.protocol import Progress as Progress
from .executors.protocol import WorkerFailure as WorkerFailure
from .executors.sweeping import sweep as sweep
from .executors.workers import EXECUTORS as EXECUTORS
from .executors.workers import Workers as Workers
from .interrupts import Interrupts as Interrupts
from .log_folder import begin_study as begin_study
from .log_folder import require_own_trials as require_own_trials
from .log_folder import require_writable as require_writable
from .plan import (
    Plan as Plan,
)
from .plan import (
    make_plan as make_plan,
    results as results,
)
from .preflight import (
    must_be_built as must_be_built,
    require_effects as require_effects,
    require_samples as require_samples,
    unused_overrides as unused_overrides,
)
from .record_store import RecordStore as RecordStore
from .request import AUTO as AUTO
from .request import RunRequest as RunRequest
from .request import in_changed_base as in_changed_base
from .request import selected as selected
