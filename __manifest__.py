{
    "name": "Deadline Management",
    "summary": "Contracts, licences, subscriptions and memberships that expire and are renewed",
    "version": "19.0.1.0.0",
    "category": "Sales/Sales",
    "author": "Deadline Management contributors",
    "license": "LGPL-3",
    "application": True,
    "depends": [
        "sale_management",
        "partnership",
        "website_sale",
        "base_automation",
    ],
    "data": [
        # Access
        "security/deadline_groups.xml",
        "security/ir.model.access.csv",
        "security/deadline_rules.xml",
        # Data
        "data/ir_sequence_data.xml",
        "data/ir_actions_data.xml",
        "data/res_company_data.xml",
        "data/ir_cron_data.xml",
        "data/mail_template_data.xml",
        "data/base_automation_data.xml",
        # Views
        "views/deadline_reminder_views.xml",
        "views/deadline_notice_views.xml",
        "wizards/deadline_notice_wizard_views.xml",
        "wizards/deadline_notice_forecast_views.xml",
        "views/deadline_deadline_views.xml",
        "views/deadline_origin_views.xml",
        "views/product_template_views.xml",
        "views/res_partner_views.xml",
        "views/sale_order_views.xml",
        "views/res_config_settings_views.xml",
        "views/deadline_portal_templates.xml",
        "views/deadline_mail_templates.xml",
        # Reports
        "report/deadline_reports.xml",
        # Menus, last: they depend on the actions
        "views/deadline_menus.xml",
    ],
    "demo": ["data/deadline_demo.xml"],
    "assets": {
        "web.assets_tests": ["deadline_management/static/tests/tours/**/*"],
    },
    "external_dependencies": {"python": ["vobject"]},
}
