from .aggregates import AGGREGATE as AGGREGATE, write_aggregates as write_aggregates
from .event_check import readable_records as readable_records
from .event_file import event_files as event_files
from .failover_writer import FailoverWriter as FailoverWriter
from .hparams import metric_columns as metric_columns, write_study as write_study
from .projector import Embedding as Embedding, write_embedding as write_embedding
from .scalars import read_scalars as read_scalars
from .server import FIRST_PORT as FIRST_PORT, LOOPBACK as LOOPBACK, serve as serve
from .summaries import (
    histogram_summary as histogram_summary,
    image_summary as image_summary,
    pr_curve_summary as pr_curve_summary,
)
from .trial_writer import (
    TrialWriter as TrialWriter,
    as_code as as_code,
    as_table as as_table,
    hide as hide,
    unhide as unhide,
)
