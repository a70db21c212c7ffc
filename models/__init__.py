from . import (
    account_move,
    deadline_deadline,
    deadline_origin,
    product_template,
    res_company,
    res_config_settings,
    res_partner,
    sale_order,
    sale_order_line,
)
