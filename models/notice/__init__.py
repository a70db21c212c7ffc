from . import (
    deadline_deadline,
    deadline_installment_notice_mixin,
    deadline_notice,
    deadline_notice_line,
    deadline_reminder,
    mail_mail,
    mail_template,
    res_company,
    res_config_settings,
    res_partner,
    res_partner_grade,
)
