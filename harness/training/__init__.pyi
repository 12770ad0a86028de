from .checkpoint_file import discard as discard, find_checkpoints as find_checkpoints, notices as notices
from .trial import (
    Trial as Trial,
    blank_record as blank_record,
    function_sources as function_sources,
    source_hash as source_hash,
    trial_id as trial_id,
)
from .trial_runner import run_trial as run_trial
from .warm_start import end_path as end_path
