from .addresses import (
    address_of as address_of,
    folder_at as folder_at,
    shown as shown,
    stand_for as stand_for,
    with_addresses as with_addresses,
)
from .atomic_files import is_temporary as is_temporary, write_atomically as write_atomically
from .attempts import (
    attempt_folder as attempt_folder,
    attempts_in as attempts_in,
    keep_older as keep_older,
    next_attempt as next_attempt,
    set_apart as set_apart,
)
from .checked_file import CheckedFileError as CheckedFileError, CheckedFormat as CheckedFormat
from .csv_text import on_one_line as on_one_line, plain as plain, to_csv as to_csv
from .fallback import disk_is_full as disk_is_full, fallback_logdir as fallback_logdir, reason as reason
from .locks import one_writer as one_writer, writer_of as writer_of
from .old_records import changes_of as changes_of, claims_of as claims_of
from .own_paths import (
    ForeignPathError as ForeignPathError,
    folder_identity as folder_identity,
    is_own as is_own,
    own_aggregates as own_aggregates,
    require_own as require_own,
    require_own_trial as require_own_trial,
    require_same_folder as require_same_folder,
)
from .provenance import (
    commit as commit,
    environment as environment,
    machine as machine,
    origin as origin,
    package_version as package_version,
    peak_memory_mb as peak_memory_mb,
)
from .record import (
    DIVERGED as DIVERGED,
    EXPECTED_ERROR as EXPECTED_ERROR,
    FAILED as FAILED,
    INTERRUPTED as INTERRUPTED,
    LAST_EPOCH as LAST_EPOCH,
    MODEL_FILE as MODEL_FILE,
    OK as OK,
    PREDICTIONS_FILE as PREDICTIONS_FILE,
    RECORD_FILE as RECORD_FILE,
    STATUSES as STATUSES,
    TIMEOUT as TIMEOUT,
    UNEXPECTED_PASS as UNEXPECTED_PASS,
    Record as Record,
    RecordError as RecordError,
    encode as encode,
    find_records as find_records,
    gc_paused as gc_paused,
    load_records as load_records,
    read_record as read_record,
    trial_folder as trial_folder,
    write_record as write_record,
)
from .study_folders import (
    DESIGN_FILE as DESIGN_FILE,
    PROGRAM_VARIABLE as PROGRAM_VARIABLE,
    QUEUE_FOLDER as QUEUE_FOLDER,
    RECORDED_DESIGN as RECORDED_DESIGN,
    USUAL_LOOKS as USUAL_LOOKS,
    USUAL_MOST as USUAL_MOST,
    StudyFolder as StudyFolder,
    as_typed as as_typed,
    command as command,
    folder_of as folder_of,
    folders_in as folders_in,
    has_design as has_design,
    logdir_words as logdir_words,
    program as program,
    read_folder as read_folder,
    run_command as run_command,
)
