from .compare_inputs import ComparedTable as ComparedTable
from .compare_inputs import read_tables as read_tables
from .declared import as_declared_now as as_declared_now
from .declared import (
    built_in_file as built_in_file,
)
from .differences import DIFFERENCE_COLUMNS as DIFFERENCE_COLUMNS
from .differences import difference_table as difference_table
from .filters import parse_filter as parse_filter
from .formats import (
    BEST as BEST,
)
from .formats import (
    STANDARD_OUTPUT as STANDARD_OUTPUT,
)
from .formats import (
    TABLE as TABLE,
)
from .formats import (
    export as export,
)
from .formats import (
    on_one_line as on_one_line,
)
from .formats import (
    to_markdown as to_markdown,
)
from .formats import (
    write_output as write_output,
)
from .loading import gather_records as gather_records
from .loading import load as load
from .loading import name_of as name_of
from .loading import require_folder as require_folder
from .naming import (
    GENERAL as GENERAL,
)
from .naming import (
    difference_of as difference_of,
)
from .naming import (
    one_metric as one_metric,
)
from .naming import (
    under_its_name as under_its_name,
)
from .notes import chosen_by_validation as chosen_by_validation
from .notes import interaction_notes as interaction_notes
from .selection import Found as Found
from .selection import find_trial as find_trial
from .selection import require_sole as require_sole
from .selection import trials_of as trials_of
from .side_by_side import (
    difference_name as difference_name,
)
from .side_by_side import (
    has_difference as has_difference,
)
from .side_by_side import (
    set_side_by_side as set_side_by_side,
)
from .trial_choice import choose_trials as choose_trials
from .view import Cell as Cell
from .view import View as View
from .view import format_value as format_value
from .view import is_difference as is_difference
from .view import make_view as make_view
