from .atomic_files import is_temporary as is_temporary
from .atomic_files import write_atomically as write_atomically
from .checked_file import CheckedFileError as CheckedFileError
from .checked_file import CheckedFormat as CheckedFormat
from .csv_text import on_one_line as on_one_line
from .csv_text import plain as plain
from .csv_text import to_csv as to_csv
from .fallback import disk_is_full as disk_is_full
from .fallback import fallback_logdir as fallback_logdir
from .fallback import reason as reason
from .locks import one_writer as one_writer
from .old_records import changes_of as changes_of
from .old_records import claims_of as claims_of
from .own_paths import (
    ForeignPathError as ForeignPathError,
)
from .own_paths import (
    folder_identity as folder_identity,
)
from .own_paths import (
    is_own as is_own,
)
from .own_paths import (
    own_aggregates as own_aggregates,
)
from .own_paths import (
    require_own as require_own,
)
from .own_paths import (
    require_own_trial as require_own_trial,
)
from .own_paths import (
    require_same_folder as require_same_folder,
)
from .provenance import commit as commit
from .provenance import environment as environment
from .provenance import origin as origin
from .provenance import peak_memory_mb as peak_memory_mb
from .record import (
    DIVERGED as DIVERGED,
)
from .record import (
    EXPECTED_ERROR as EXPECTED_ERROR,
)
from .record import (
    FAILED as FAILED,
)
from .record import (
    INTERRUPTED as INTERRUPTED,
)
from .record import (
    LAST_EPOCH as LAST_EPOCH,
)
from .record import (
    OK as OK,
)
from .record import (
    PREDICTIONS_FILE as PREDICTIONS_FILE,
)
from .record import (
    RECORD_FILE as RECORD_FILE,
)
from .record import (
    STATUSES as STATUSES,
)
from .record import (
    TIMEOUT as TIMEOUT,
)
from .record import (
    UNEXPECTED_PASS as UNEXPECTED_PASS,
)
from .record import (
    Record as Record,
)
from .record import (
    RecordError as RecordError,
)
from .record import (
    attempt_folder as attempt_folder,
)
from .record import (
    encode as encode,
)
from .record import (
    find_records as find_records,
)
from .record import (
    gc_paused as gc_paused,
)
from .record import (
    keep_older as keep_older,
)
from .record import (
    load_records as load_records,
)
from .record import (
    next_attempt as next_attempt,
)
from .record import (
    read_record as read_record,
)
from .record import (
    trial_folder as trial_folder,
)
from .record import (
    write_record as write_record,
)
from .study_folders import (
    StudyFolder as StudyFolder,
)
from .study_folders import (
    command as command,
)
from .study_folders import (
    folder_of as folder_of,
)
from .study_folders import (
    folders_in as folders_in,
)
from .study_folders import (
    read_folder as read_folder,
)
