from .doctor import Section as Section
from .doctor import examine_machine as examine_machine
from .log_check import examine_logs as examine_logs
from .reruns import Rerun as Rerun
from .reruns import rerun as rerun
from .reruns import study_file as study_file
from .reruns import trial_of as trial_of
from .retabling import make_tables_again as make_tables_again
from .retabling import shown_trials as shown_trials
from .trash import (
    TRASH as TRASH,
)
from .trash import (
    Trashed as Trashed,
)
from .trash import (
    delete as delete,
)
from .trash import (
    in_trash as in_trash,
)
from .trash import (
    leftovers as leftovers,
)
from .trash import (
    move_to_trash as move_to_trash,
)
from .trash import (
    restore as restore,
)
from .trash import (
    size_of as size_of,
)
from .unrecorded import unrecorded_folder as unrecorded_folder
