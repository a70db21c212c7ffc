from . import (
    base_partner_merge,
    deadline_action_wizard,
    deadline_notice_forecast,
    deadline_notice_wizard,
    deadline_recall_wizard,
    deadline_report_wizard,
)
