from .cells import is_missing as is_missing
from .cells import number_of as number_of
from .cells import text_of as text_of
from .claims import (
    BETTER as BETTER,
)
from .claims import (
    CONFOUNDED as CONFOUNDED,
)
from .claims import (
    EQUIVALENT as EQUIVALENT,
)
from .claims import (
    FEWEST_PAIRS as FEWEST_PAIRS,
)
from .claims import (
    IDENTICAL as IDENTICAL,
)
from .claims import (
    NO_VERDICT as NO_VERDICT,
)
from .claims import (
    SIGNIFICANCE as SIGNIFICANCE,
)
from .claims import (
    WORSE as WORSE,
)
from .claims import (
    Claim as Claim,
)
from .claims import (
    Row as Row,
)
from .claims import (
    Threshold as Threshold,
)
from .claims import (
    VsControl as VsControl,
)
from .claims import (
    never_judged as never_judged,
)
from .expectations import (
    Expectation as Expectation,
)
from .expectations import (
    better_than_control as better_than_control,
)
from .expectations import (
    diverges as diverges,
)
from .expectations import (
    equivalent_to_control as equivalent_to_control,
)
from .expectations import (
    expectation_from_dict as expectation_from_dict,
)
from .expectations import (
    finishes as finishes,
)
from .expectations import (
    raises as raises,
)
from .expectations import (
    worse_than_control as worse_than_control,
)
from .families import (
    add_one_in as add_one_in,
)
from .families import (
    combinations as combinations,
)
from .families import (
    grid as grid,
)
from .families import (
    leave_one_out as leave_one_out,
)
from .families import (
    one_at_a_time as one_at_a_time,
)
from .families import (
    pairs as pairs,
)
from .figure_names import (
    ALL_PICTURES as ALL_PICTURES,
)
from .figure_names import (
    CONFUSION_MATRIX as CONFUSION_MATRIX,
)
from .figure_names import (
    DECISION_SURFACE as DECISION_SURFACE,
)
from .figure_names import (
    DRAWN_SEED as DRAWN_SEED,
)
from .figure_names import (
    EMBEDDINGS as EMBEDDINGS,
)
from .figure_names import (
    FIRST_LAYER_WEIGHTS as FIRST_LAYER_WEIGHTS,
)
from .figure_names import (
    FIRST_OF_EACH_CLASS as FIRST_OF_EACH_CLASS,
)
from .figure_names import (
    HISTOGRAMS as HISTOGRAMS,
)
from .figure_names import (
    LEARNING_CURVES as LEARNING_CURVES,
)
from .figure_names import (
    LOGS as LOGS,
)
from .figure_names import (
    MISTAKES as MISTAKES,
)
from .figure_names import (
    PICTURES as PICTURES,
)
from .figure_names import (
    PR_CURVES as PR_CURVES,
)
from .figure_names import (
    PREDICTIONS as PREDICTIONS,
)
from .figure_names import (
    SHIFT_ACCURACY as SHIFT_ACCURACY,
)
from .layer_spec import LayerSpec as LayerSpec
from .layer_spec import parse_layer as parse_layer
from .loading import (
    KINDS as KINDS,
)
from .loading import (
    built_in_studies as built_in_studies,
)
from .loading import (
    find_study as find_study,
)
from .loading import (
    folders_of as folders_of,
)
from .loading import (
    importing_from as importing_from,
)
from .loading import (
    load_study as load_study,
)
from .loading import (
    study_files as study_files,
)
from .loading import (
    working_studies as working_studies,
)
from .metric_text import DIGITS as DIGITS
from .metric_text import SPREAD_DIGITS as SPREAD_DIGITS
from .metric_text import format_metric as format_metric
from .metrics import (
    ACCURACY as ACCURACY,
)
from .metrics import (
    ACCURACY_MARGIN as ACCURACY_MARGIN,
)
from .metrics import (
    HIGHER as HIGHER,
)
from .metrics import (
    LOWER as LOWER,
)
from .metrics import (
    Metric as Metric,
)
from .metrics import (
    metric_from_dict as metric_from_dict,
)
from .names import check_name as check_name
from .settings import (
    LAYER_EDITS as LAYER_EDITS,
)
from .settings import (
    Settings as Settings,
)
from .settings import (
    annotations as annotations,
)
from .settings import (
    changed as changed,
)
from .settings import (
    check as check,
)
from .settings import (
    differences as differences,
)
from .settings import (
    hparam_values as hparam_values,
)
from .settings import (
    parse as parse,
)
from .settings import (
    to_json as to_json,
)
from .settings import (
    values_of as values_of,
)
from .source import function_source as function_source
from .source import value_text as value_text
from .splits import PREFIXES as PREFIXES
from .splits import SPLITS as SPLITS
from .splits import TEST as TEST
from .splits import TRAIN as TRAIN
from .splits import VALIDATION as VALIDATION
from .study import (
    BASE as BASE,
)
from .study import (
    NON_TRAINING_SETTINGS as NON_TRAINING_SETTINGS,
)
from .study import (
    Study as Study,
)
from .study import (
    Variant as Variant,
)
from .study import (
    show_value as show_value,
)
from .study import (
    training as training,
)
from .toml import place_of as place_of
from .toml_lines import key_lines as key_lines
from .toml_lines import nearest_line as nearest_line
from .toml_lines import read_toml as read_toml
from .value_identity import has_plain_content as has_plain_content
