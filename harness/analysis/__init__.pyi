from .bands import Band as Band, band as band, curve_names as curve_names, curve_steps as curve_steps
from .comparison import Comparison as Comparison, compare_study as compare_study
from .components import (
    Component as Component,
    dominant as dominant,
    error_of_mean as error_of_mean,
    variance_components as variance_components,
)
from .conclusions import Conclusion as Conclusion, conclude as conclude
from .confounding import differing_settings as differing_settings
from .declarations import (
    DECLARATION_FILE as DECLARATION_FILE,
    as_last_declared as as_last_declared,
    declared_question as declared_question,
    last_run as last_run,
    trial_key as trial_key,
    write_declaration as write_declaration,
)
from .design import (
    Design as Design,
    check_looks as check_looks,
    declare as declare,
    design_dict as design_dict,
    design_in_force as design_in_force,
    forget_shown as forget_shown,
    looks_up_to as looks_up_to,
    make_of as make_of,
    note_shown as note_shown,
    read_looks as read_looks,
    recorded_design as recorded_design,
)
from .effects import PartEffect as PartEffect, ScreenEffects as ScreenEffects
from .effects_table import EFFECTS_FILE as EFFECTS_FILE, effects_of as effects_of, table_of_effects as table_of_effects
from .epochs import (
    BEST as BEST,
    IN_WORDS as IN_WORDS,
    LAST as LAST,
    NEEDED as NEEDED,
    VALIDATION as VALIDATION,
    all_at_epoch as all_at_epoch,
    at_epoch as at_epoch,
    chosen_epoch as chosen_epoch,
    epoch_numbers as epoch_numbers,
    lacks_epoch as lacks_epoch,
    measured_series as measured_series,
    metric_of as metric_of,
)
from .futility import FUTILITY as FUTILITY, LastLook as LastLook, chance_of_settling as chance_of_settling
from .interactions import ADDITIVE as ADDITIVE
from .judging import (
    Outcome as Outcome,
    ends as ends,
    failed_for_the_disk as failed_for_the_disk,
    judged as judged,
    outcome as outcome,
)
from .looks_in_words import judged_by as judged_by
from .planning import MOST_SEEDS as MOST_SEEDS
from .power import (
    detection_probability as detection_probability,
    measured_spreads as measured_spreads,
    paired_differences as paired_differences,
    seeds_to_find as seeds_to_find,
    smallest_found as smallest_found,
)
from .predictions import (
    AnswersError as AnswersError,
    first_probabilities as first_probabilities,
    load_answers as load_answers,
    load_right as load_right,
    predicted_classes as predicted_classes,
    write_predictions as write_predictions,
)
from .proportions import wilson_interval as wilson_interval
from .record_matching import (
    as_declared as as_declared,
    declaration_of as declaration_of,
    left_out_reasons as left_out_reasons,
    matching_records as matching_records,
    of_declared_base as of_declared_base,
)
from .sameness import last_run_line as last_run_line, left_out_lines as left_out_lines, told_apart as told_apart
from .screen_contrasts import SHARE as SHARE
from .screen_sentences import (
    effect_heading as effect_heading,
    effect_lines as effect_lines,
    effect_rows as effect_rows,
    effect_summary as effect_summary,
    effect_unit as effect_unit,
    told_effects as told_effects,
)
from .sequential import (
    OBRIEN_FLEMING as OBRIEN_FLEMING,
    POCOCK as POCOCK,
    level_at as level_at,
    repeated_p as repeated_p,
    weighted_holm as weighted_holm,
)
from .settling import (
    GIVEN_UP as GIVEN_UP,
    GOES_ON as GOES_ON,
    NOT_JUDGED as NOT_JUDGED,
    SETTLED as SETTLED,
    STUCK as STUCK,
    Standing as Standing,
    seeds_wanted as seeds_wanted,
)
from .statistics import (
    CONFIDENCE as CONFIDENCE,
    PairedDifference as PairedDifference,
    holm as holm,
    mean_interval as mean_interval,
    pair as pair,
    paired_difference as paired_difference,
    pareto as pareto,
    prediction_interval as prediction_interval,
    t_quantile as t_quantile,
)
from .summary import (
    FLAGS as FLAGS,
    METRICS as METRICS,
    TEXTS as TEXTS,
    concat as concat,
    in_order as in_order,
    is_further_metric as is_further_metric,
    run_columns as run_columns,
    runs_table as runs_table,
    summary_columns as summary_columns,
    summary_table as summary_table,
    with_whole_numbers as with_whole_numbers,
)
from .table_files import (
    BESIDE as BESIDE,
    INTERACTIONS_FILE as INTERACTIONS_FILE,
    RUNS_FILE as RUNS_FILE,
    SETTING as SETTING,
    SUMMARY_FILE as SUMMARY_FILE,
    TABLE_FILES as TABLE_FILES,
    setting_cell as setting_cell,
    write_tables as write_tables,
)
from .test_samples import (
    TestSamples as TestSamples,
    load_test_samples as load_test_samples,
    most_images as most_images,
    samples_file as samples_file,
    samples_key as samples_key,
    write_test_samples as write_test_samples,
)
from .test_sets import overlap as overlap, trials_called as trials_called
from .two_runs import RunDifference as RunDifference, compare_runs as compare_runs
from .unit import Unit as Unit, margin_of as margin_of, unit_of as unit_of
from .variance_table import (
    VARIANCE_FILE as VARIANCE_FILE,
    Spread as Spread,
    source_name as source_name,
    spreads as spreads,
)
from .verdicts import (
    INCONCLUSIVE as INCONCLUSIVE,
    NOTHING_IN_COMMON as NOTHING_IN_COMMON,
    UNFAIR as UNFAIR,
    VALUES_SHARE as VALUES_SHARE,
    is_marked as is_marked,
)
