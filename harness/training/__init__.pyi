from .checkpoint_file import discard as discard
from .checkpoint_file import notices as notices
from .trial import Trial as Trial
from .trial import blank_record as blank_record
from .trial import source_hash as source_hash
from .trial import trial_id as trial_id
from .trial_runner import run_trial as run_trial
