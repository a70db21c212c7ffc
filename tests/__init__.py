from . import test_odoo_rules
