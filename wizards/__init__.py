from . import (
    base_import_import,
    base_partner_merge,
    deadline_action_wizard,
    deadline_health_check,
    deadline_notice_forecast,
    deadline_notice_wizard,
    deadline_recall_wizard,
    deadline_report_wizard,
    deadline_withdrawal_wizard,
    sale_make_invoice_advance,
)
