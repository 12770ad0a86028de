from .bundle import write_bundle as write_bundle
from .document import HTML as HTML, REPORT_FORMATS as REPORT_FORMATS, write_report as write_report
from .exporting import exported as exported
from .pages import (
    first_choice as first_choice,
    overview_html as overview_html,
    selection_html as selection_html,
    static_text as static_text,
    study_html as study_html,
    variant_html as variant_html,
)
from .study_data import Studies as Studies, StudyData as StudyData, stamp_of as stamp_of
