from .cells import counted as counted, is_missing as is_missing, number_of as number_of, text_of as text_of
from .claims import (
    BETTER as BETTER,
    CONFOUNDED as CONFOUNDED,
    EQUIVALENT as EQUIVALENT,
    FEWEST_PAIRS as FEWEST_PAIRS,
    IDENTICAL as IDENTICAL,
    NO_VERDICT as NO_VERDICT,
    SIGNIFICANCE as SIGNIFICANCE,
    WORSE as WORSE,
    Claim as Claim,
    Row as Row,
    Threshold as Threshold,
    VsControl as VsControl,
    never_judged as never_judged,
)
from .command import Command as Command, is_metric_name as is_metric_name
from .command_files import command_source as command_source
from .expectations import (
    Expectation as Expectation,
    better_than_control as better_than_control,
    diverges as diverges,
    equivalent_to_control as equivalent_to_control,
    expectation_from_dict as expectation_from_dict,
    finishes as finishes,
    raises as raises,
    worse_than_control as worse_than_control,
)
from .families import (
    add_one_in as add_one_in,
    combinations as combinations,
    grid as grid,
    leave_one_out as leave_one_out,
    one_at_a_time as one_at_a_time,
    pairs as pairs,
)
from .figure_names import (
    ALL_PICTURES as ALL_PICTURES,
    CONFUSION_MATRIX as CONFUSION_MATRIX,
    DECISION_SURFACE as DECISION_SURFACE,
    DRAWN_SEED as DRAWN_SEED,
    EMBEDDINGS as EMBEDDINGS,
    FIRST_LAYER_WEIGHTS as FIRST_LAYER_WEIGHTS,
    FIRST_OF_EACH_CLASS as FIRST_OF_EACH_CLASS,
    HISTOGRAMS as HISTOGRAMS,
    LEARNING_CURVES as LEARNING_CURVES,
    LOGS as LOGS,
    MISTAKES as MISTAKES,
    MODELS as MODELS,
    PICTURES as PICTURES,
    PR_CURVES as PR_CURVES,
    PREDICTIONS as PREDICTIONS,
    SHIFT_ACCURACY as SHIFT_ACCURACY,
)
from .flag_reading import ScriptFlag as ScriptFlag, script_flags as script_flags
from .folds import Folds as Folds
from .layer_spec import LayerSpec as LayerSpec, parse_layer as parse_layer
from .loading import (
    KINDS as KINDS,
    built_in_studies as built_in_studies,
    find_study as find_study,
    folders_of as folders_of,
    importing_from as importing_from,
    kept_sources as kept_sources,
    load_study as load_study,
    study_files as study_files,
    working_studies as working_studies,
)
from .metric_text import DIGITS as DIGITS, SPREAD_DIGITS as SPREAD_DIGITS, format_metric as format_metric
from .metrics import (
    ACCURACY as ACCURACY,
    ACCURACY_MARGIN as ACCURACY_MARGIN,
    HIGHER as HIGHER,
    LOWER as LOWER,
    Metric as Metric,
    metric_from_dict as metric_from_dict,
)
from .names import check_name as check_name
from .own_calls import call as call, takes as takes
from .own_settings import is_made as is_made
from .phases import Phase as Phase
from .pickled import PICKLED as PICKLED, loaded_code as loaded_code, pickle_study as pickle_study, pickled_name as pickled_name
from .resources import USUAL as USUAL, Resources as Resources
from .screen_designs import is_orthogonal as is_orthogonal, levels_of as levels_of, resolved_pairs as resolved_pairs
from .screening import Screen as Screen, screen as screen, screen_from as screen_from, screens_of as screens_of
from .seed_sources import (
    ONE_NUMBER as ONE_NUMBER,
    SOURCES as SOURCES,
    Seeds as Seeds,
    crossed as crossed,
    crossing as crossing,
    levels_of_sources as levels_of_sources,
    plain_name as plain_name,
    seeds_of as seeds_of,
    varied_name as varied_name,
    vary_words as vary_words,
    varying as varying,
)
from .setting_values import check as check
from .settings import (
    LAYER_EDITS as LAYER_EDITS,
    Settings as Settings,
    annotations as annotations,
    changed as changed,
    differences as differences,
    parse as parse,
    to_json as to_json,
    values_of as values_of,
)
from .source import function_source as function_source, value_text as value_text
from .splits import PREFIXES as PREFIXES, SPLITS as SPLITS, TEST as TEST, TRAIN as TRAIN, VALIDATION as VALIDATION
from .study import Study as Study
from .toml import place_of as place_of
from .toml_file import TomlFile as TomlFile, read_toml as read_toml
from .value_identity import has_plain_content as has_plain_content
from .variant import BASE as BASE, Variant as Variant, corner_from as corner_from, show_value as show_value
from .variant_checks import (
    NON_TRAINING_SETTINGS as NON_TRAINING_SETTINGS,
    same_training as same_training,
    training as training,
)
from .watching import watch as watch
