from .event_check import readable_records as readable_records
from .event_file import event_files as event_files
from .failover_writer import FailoverWriter as FailoverWriter
from .projector import Embedding as Embedding, write_embedding as write_embedding
from .scalars import read_scalars as read_scalars
from .server import FIRST_PORT as FIRST_PORT, LOOPBACK as LOOPBACK, Board as Board, serve as serve
from .study_writer import (
    StudyFindings as StudyFindings,
    announce_study as announce_study,
    clear_study as clear_study,
    clear_variants as clear_variants,
    write_study as write_study,
)
from .summaries import (
    histogram_summary as histogram_summary,
    image_summary as image_summary,
    pr_curve_summary as pr_curve_summary,
)
from .trial_writer import (
    as_code as as_code,
    as_table as as_table,
    hide as hide,
    unhide as unhide,
    write_error as write_error,
)
from .views import View as View
