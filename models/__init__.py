# What others inherit from comes first, then the wings: each knows those before it.
# isort: off
from . import deadline_facts_mixin
from . import deadline_batch_mixin, deadline_contract_mixin, mail_activity, mail_activity_mixin
from . import res_company, res_config_settings
from . import bills, constants, numerals, periods, schedule, texts
from . import deadline
from . import notice
from . import multipack
from . import action
