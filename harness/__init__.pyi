from .cli import (
    run as run,
)
from .data import (
    Arrays as Arrays,
    Data as Data,
)
from .errors import (
    UsageError as UsageError,
)
from .results import (
    Results as Results,
    load as load,
)
from .study import (
    Command as Command,
    Expectation as Expectation,
    Folds as Folds,
    Metric as Metric,
    Phase as Phase,
    Resources as Resources,
    Settings as Settings,
    Study as Study,
    Variant as Variant,
    add_one_in as add_one_in,
    better_than_control as better_than_control,
    combinations as combinations,
    diverges as diverges,
    equivalent_to_control as equivalent_to_control,
    finishes as finishes,
    grid as grid,
    leave_one_out as leave_one_out,
    one_at_a_time as one_at_a_time,
    pairs as pairs,
    raises as raises,
    screen as screen,
    worse_than_control as worse_than_control,
)
