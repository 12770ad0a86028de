from .command_checks import require_command as require_command
from .data_checks import outdated_records as outdated_records
from .estimate import (
    dense_parameters as dense_parameters,
    estimate_trials as estimate_trials,
    trial_seconds as trial_seconds,
    wall_seconds as wall_seconds,
)
from .execution import execute as execute, reinstate_displaced as reinstate_displaced, write_everything as write_everything
from .executors.executor_choice import EXECUTORS as EXECUTORS, Workers as Workers
from .executors.local import LocalExecutor as LocalExecutor
from .executors.machine import (
    default_jobs as default_jobs,
    usable_cores as usable_cores,
    visible_gpus as visible_gpus,
)
from .executors.protocol import Progress as Progress, StopRequest as StopRequest, WorkerFailure as WorkerFailure
from .executors.slurm.options import slurm_options as slurm_options
from .executors.slurm.outlook import (
    LeftTasks as LeftTasks,
    left_tasks as left_tasks,
    require_no_left_tasks as require_no_left_tasks,
    stop_left_tasks as stop_left_tasks,
    wait_for_left_tasks as wait_for_left_tasks,
)
from .executors.sweeping import sweep as sweep
from .interrupts import Interrupts as Interrupts
from .log_folder import (
    begin_study as begin_study,
    require_own_trials as require_own_trials,
    require_writable as require_writable,
)
from .plan import (
    Plan as Plan,
    make_plan as make_plan,
    results as results,
)
from .preflight import (
    must_be_built as must_be_built,
    require_different as require_different,
    require_samples as require_samples,
    require_trainable as require_trainable,
    unused_overrides as unused_overrides,
)
from .record_store import RecordStore as RecordStore
from .request import (
    AUTO as AUTO,
    RAY as RAY,
    SEEDS as SEEDS,
    SLURM as SLURM,
    RunRequest as RunRequest,
    in_changed_base as in_changed_base,
    selected as selected,
)
from .run_report import (
    RunReport as RunReport,
    Watchers as Watchers,
    ask as ask,
    reported as reported,
)
from .run_state import (
    CHECKING as CHECKING,
    ENDED as ENDED,
    RUN_FOLDER as RUN_FOLDER,
    STATE_FILE as STATE_FILE,
    STATUS_SUFFIX as STATUS_SUFFIX,
    TRAINING as TRAINING,
    RunningTrial as RunningTrial,
    RunState as RunState,
    read_state as read_state,
    run_folder as run_folder,
)
from .study_board import write_study_board as write_study_board
from .time_left import Pace as Pace, TimeLeft as TimeLeft
from .until_settled import Looked as Looked, design_of as design_of, look as look, next_plan as next_plan
from .vary_checks import varied as varied
