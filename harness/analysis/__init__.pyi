from .comparison import Comparison as Comparison
from .comparison import compare_study as compare_study
from .confounding import differing_settings as differing_settings
from .declarations import (
    DECLARATION_FILE as DECLARATION_FILE,
)
from .declarations import (
    as_last_declared as as_last_declared,
)
from .declarations import (
    last_run as last_run,
)
from .declarations import (
    trial_key as trial_key,
)
from .declarations import (
    write_declaration as write_declaration,
)
from .epochs import (
    BEST as BEST,
)
from .epochs import (
    IN_WORDS as IN_WORDS,
)
from .epochs import (
    LAST as LAST,
)
from .epochs import (
    NEEDED as NEEDED,
)
from .epochs import (
    VALIDATION as VALIDATION,
)
from .epochs import (
    all_at_epoch as all_at_epoch,
)
from .epochs import (
    epoch_numbers as epoch_numbers,
)
from .epochs import (
    lacks_epoch as lacks_epoch,
)
from .epochs import (
    measured_series as measured_series,
)
from .judging import Outcome as Outcome
from .judging import ends as ends
from .judging import failed_for_the_disk as failed_for_the_disk
from .judging import judged as judged
from .judging import outcome as outcome
from .planning import MOST_SEEDS as MOST_SEEDS
from .predictions import (
    AnswersError as AnswersError,
)
from .predictions import (
    first_probabilities as first_probabilities,
)
from .predictions import (
    load_right as load_right,
)
from .predictions import (
    predicted_classes as predicted_classes,
)
from .predictions import (
    write_predictions as write_predictions,
)
from .proportions import wilson_interval as wilson_interval
from .record_matching import as_declared as as_declared
from .record_matching import matching_records as matching_records
from .record_matching import of_declared_base as of_declared_base
from .sameness import last_run_line as last_run_line
from .sameness import left_out_lines as left_out_lines
from .sameness import told_apart as told_apart
from .statistics import (
    CONFIDENCE as CONFIDENCE,
)
from .statistics import (
    PairedDifference as PairedDifference,
)
from .statistics import (
    mean_interval as mean_interval,
)
from .statistics import (
    pair as pair,
)
from .statistics import (
    paired_difference as paired_difference,
)
from .statistics import (
    prediction_interval as prediction_interval,
)
from .statistics import (
    t_quantile as t_quantile,
)
from .summary import (
    FLAGS as FLAGS,
)
from .summary import (
    METRICS as METRICS,
)
from .summary import (
    RUNS_FILE as RUNS_FILE,
)
from .summary import (
    SUMMARY_FILE as SUMMARY_FILE,
)
from .summary import (
    TEXTS as TEXTS,
)
from .summary import (
    concat as concat,
)
from .summary import (
    in_order as in_order,
)
from .summary import (
    is_further_metric as is_further_metric,
)
from .summary import (
    run_columns as run_columns,
)
from .summary import (
    runs_table as runs_table,
)
from .summary import (
    summary_columns as summary_columns,
)
from .summary import (
    summary_table as summary_table,
)
from .summary import (
    with_whole_numbers as with_whole_numbers,
)
from .summary import (
    write_tables as write_tables,
)
from .verdicts import (
    INCONCLUSIVE as INCONCLUSIVE,
)
from .verdicts import (
    NOTHING_IN_COMMON as NOTHING_IN_COMMON,
)
from .verdicts import (
    UNFAIR as UNFAIR,
)
from .verdicts import (
    is_marked as is_marked,
)
