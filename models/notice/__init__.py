# What others inherit from comes first.
# isort: off
from . import deadline_notice_subject_mixin
from . import (
    deadline_deadline,
    deadline_notice,
    deadline_notice_line,
    deadline_notice_why,
    deadline_reminder,
    deadline_win_back,
    mail_mail,
    mail_template,
    res_company,
    res_config_settings,
    res_partner,
    res_partner_grade,
)
