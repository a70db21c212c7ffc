from . import (
    deadline_deadline,
    deadline_import,
    deadline_origin,
    product_template,
    res_bank,
    res_company,
    res_config_settings,
    res_partner,
    sale_order,
    sale_order_line,
)
