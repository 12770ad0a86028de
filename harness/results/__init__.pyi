from .compare_inputs import ComparedTable as ComparedTable, read_tables as read_tables
from .declared import (
    as_declared_now as as_declared_now,
    built_in_file as built_in_file,
)
from .difference_plot import plot_differences as plot_differences
from .differences import DIFFERENCE_COLUMNS as DIFFERENCE_COLUMNS, difference_table as difference_table
from .filters import parse_filter as parse_filter
from .formats import (
    BEST as BEST,
    STANDARD_OUTPUT as STANDARD_OUTPUT,
    TABLE as TABLE,
    export as export,
    to_markdown as to_markdown,
    write_output as write_output,
)
from .loading import (
    Results as Results,
    gather_records as gather_records,
    load as load,
    name_of as name_of,
    require_folder as require_folder,
)
from .naming import (
    GENERAL as GENERAL,
    difference_of as difference_of,
    one_metric as one_metric,
    under_its_name as under_its_name,
)
from .notes import (
    chosen_by_validation as chosen_by_validation,
    interaction_notes as interaction_notes,
    weights_notes as weights_notes,
)
from .selection import Found as Found, find_trial as find_trial, require_sole as require_sole, trials_of as trials_of
from .side_by_side import (
    difference_name as difference_name,
    has_difference as has_difference,
    set_side_by_side as set_side_by_side,
)
from .trial_choice import choose_trials as choose_trials
from .view import (
    Cell as Cell,
    View as View,
    format_value as format_value,
    is_difference as is_difference,
    make_view as make_view,
)
