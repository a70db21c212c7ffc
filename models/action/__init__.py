from . import (
    calendar_event,
    deadline_contract_mixin,
    deadline_dashboard,
    deadline_withdrawal,
    digest_digest,
    mail_activity,
    mail_activity_type,
    res_partner,
    res_users,
    sale_order,
)
