from .doctor import (
    Finding as Finding,
    Section as Section,
    damage as damage,
    examine_machine as examine_machine,
)
from .log_check import examine_logs as examine_logs
from .reruns import Rerun as Rerun, rerun as rerun, study_file as study_file, trial_of as trial_of
from .retabling import make_tables_again as make_tables_again, shown_trials as shown_trials
from .trash import (
    TRASH as TRASH,
    Trashed as Trashed,
    delete as delete,
    in_trash as in_trash,
    leftovers as leftovers,
    move_to_trash as move_to_trash,
    restore as restore,
    size_of as size_of,
)
from .unrecorded import unrecorded_folder as unrecorded_folder
