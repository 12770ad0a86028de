from .compare_inputs import ComparedTable as ComparedTable, read_tables as read_tables
from .csv_reading import read_csv_table as read_csv_table
from .declared import (
    as_declared_now as as_declared_now,
    built_in_file as built_in_file,
)
from .difference_plot import (
    DIFFERENCES_FILE as DIFFERENCES_FILE,
    difference_png as difference_png,
    plot_differences as plot_differences,
    write_differences as write_differences,
)
from .differences import (
    DIFFERENCE_COLUMNS as DIFFERENCE_COLUMNS,
    MOMENTS as MOMENTS,
    difference_table as difference_table,
    moment_text as moment_text,
)
from .filters import parse_filter as parse_filter
from .findings import findings_text as findings_text
from .forest import (
    BAND as BAND,
    ZERO as ZERO,
    Bar as Bar,
    ForestPlot as ForestPlot,
    axis_ends as axis_ends,
    bar_of as bar_of,
    forest_plot as forest_plot,
)
from .formats import (
    BEST as BEST,
    LATEX as LATEX,
    STANDARD_OUTPUT as STANDARD_OUTPUT,
    TABLE as TABLE,
    escape_markdown as escape_markdown,
    export as export,
    to_markdown as to_markdown,
    write_output as write_output,
)
from .html import summary_html as summary_html
from .latex import paper_caption as paper_caption, paper_columns as paper_columns, to_latex as to_latex
from .loaded_results import Results as Results
from .loading import (
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
    row_note as row_note,
    vary_notes as vary_notes,
    weights_notes as weights_notes,
)
from .selection import Found as Found, find_trial as find_trial, require_sole as require_sole, trials_of as trials_of
from .side_by_side import (
    difference_name as difference_name,
    has_difference as has_difference,
    run_differences as run_differences,
    set_side_by_side as set_side_by_side,
)
from .trial_choice import choose_trials as choose_trials
from .view import (
    ENDS as ENDS,
    PAIRED as PAIRED,
    UNFINISHED as UNFINISHED,
    Cell as Cell,
    View as View,
    format_value as format_value,
    is_difference as is_difference,
    make_view as make_view,
)
