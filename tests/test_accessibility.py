import json
import unittest
from datetime import timedelta
from pathlib import Path

from odoo.tests import tagged
from odoo.tools import file_open, mute_logger

from .test_multipack_portal import MultipackPortalCommon

MODULE = "deadline_management"
#: What axe is, where ./dev has fetched it.
AXE = Path(__file__).resolve().parents[1] / ".odoo/node/node_modules/axe-core/axe.min.js"
#: What is Odoo's own, and no page of ours can mend: rules, the elements they are left out for, why.
OFFICE = [
    # The page and its shell
    ("html-has-lang page-has-heading-one", "html", "the page of the web client"),
    ("meta-viewport", "meta[name=viewport]", "the page of the web client"),
    ("region", ".o_breadcrumb, .o_breadcrumb *, .o-main-components-container", "its layout"),
    ("region", ".o_fullscreen_indication", "its layout"),
    ("landmark-unique", ".o_main_navbar, .o_cp_searchview, main, aside", "its layout"),
    ("landmark-unique landmark-no-duplicate-banner", ".o_navbar", "the head of dialogs"),
    ("aria-dialog-name", ".modal", "dialogs"),
    ("heading-order", ".modal-title", "dialogs"),
    ("landmark-no-duplicate-main landmark-main-is-top-level", "main", "forms and cards"),
    ("aria-required-children", ".o_menu_sections, .o_menu_systray", "the menu bar"),
    ("aria-required-parent", ".o_main_navbar *", "the menu bar"),
    ("aria-required-parent", ".o_notebook_headers *, .settings_tab *", "tabs"),
    ("image-alt", ".o_main_navbar img, .o-mail-Avatar img, .o-mail-Message *", "avatars"),
    ("link-name", ".o_main_navbar *", "the menu of apps"),
    # The control panel
    (
        "aria-allowed-attr aria-command-name aria-required-parent role-img-alt target-size",
        ".o_cp_searchview *",
        "the search box",
    ),
    ("button-name", ".o_control_panel *", "the search box and the choice of views"),
    # Views
    ("label", ".o_list_record_selector *, .o_data_row .o-checkbox *", "tick boxes of lists"),
    ("empty-table-header", ".o_list_renderer th", "columns of tick boxes, buttons and handles"),
    ("button-name", ".o_optional_columns_dropdown *", "the choice of columns"),
    ("aria-allowed-role", "article.o_kanban_record", "cards"),
    ("label", ".o_calendar_sidebar *", "filters of calendars"),
    ("button-name", ".oi-panel-right", "the button that shows those"),
    ("label-content-name-mismatch", ".fc *", "days of calendars"),
    ("color-contrast", ".o_date_picker *, .fc *", "days of calendars"),
    ("empty-table-header color-contrast", ".o_pivot th", "the head of pivots"),
    ("empty-table-header color-contrast", ".o_activity_view *", "the view of activities"),
    ("color-contrast", ".o_field_badge *, .badge[raw-value]", "the colors of badges"),
    ("target-size", ".o_field_boolean_favorite *", "the star of products"),
    ("role-img-alt", "[name=activity_ids] *", "icons of activities"),
    # Fields and the log
    (
        "aria-allowed-attr autocomplete-valid",
        ".o_field_widget .o-dropdown, .o_field_widget input",
        "choice lists",
    ),
    ("aria-allowed-attr", ".o_tag", "tags"),
    (
        "role-img-alt button-name color-contrast aria-prohibited-attr",
        ".o-mail-Chatter *",
        "the log",
    ),
    ("aria-prohibited-attr", ".fa-long-arrow-right", "the arrow between two dates"),
    ("label-content-name-mismatch", ".oe_stat_button[title]", "the button of websites"),
    ("frame-title", ".o_field_html iframe", "what an e-mail is shown in"),
    ("color-contrast", "[name=product_tooltip] *, .fst-italic *", "explanations of products"),
    ("color-contrast", ".o_setting_box .text-muted *", "explanations of settings"),
]
WEBSITE = [
    ("page-has-heading-one", "html", "the customer area, whose titles are breadcrumbs"),
    ("label-content-name-mismatch", "a[href='/shop/cart']", "the button of the cart"),
    ("heading-order", "#footer *", "the footer of the website"),
    ("heading-order", "main h5", "the card of the customer"),
    ("button-name", ".o_portal_search_panel *, form[role=search] *", "the search box"),
    ("button-name", ".btn-light.dropdown-toggle", "the search box"),
    ("image-alt", "main .o_portal_docs img, .o_portal_category img", "pictures of the home"),
    ("label", ".js_quantity, input[name=add_qty]", "quantities in the shop"),
    ("heading-order", "[name=o_cart_line_product_link] *", "lines of the cart"),
    ("color-contrast", ".o_wizard_steps *, [name=step_name] *", "steps of the checkout"),
    ("role-img-alt", "main .oi, main .fa", "arrows in the shop"),
    ("aria-prohibited-attr", ".fa-exclamation-triangle[data-bs-toggle]", "a test provider"),
    ("image-redundant-alt", "#o_payment_form img", "logos of payment methods"),
]
MAIL = [
    ("landmark-one-main page-has-heading-one region", "html, body *", "a mail is not a page"),
]


@unittest.skipUnless(AXE.exists(), "axe is not there: it comes with ./dev")
@tagged("post_install", "-at_install")
class AccessibilityCommon(MultipackPortalCommon):
    """Pages on which axe finds nothing that is ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # In the database: another process of the tests may clean up the folder of files.
        cls.env["ir.config_parameter"].set_param("ir_attachment.location", "db")
        axe = cls.env["ir.attachment"].create(
            {
                "name": "axe.js",
                "type": "binary",
                "raw": AXE.read_bytes(),
                "mimetype": "application/javascript",
                "public": True,
            }
        )
        cls.source = f"/web/content/{axe.id}"

    def _describe_dashboard(self):
        action = f"{MODULE}.deadline_dashboard_action"
        return {"name": "dashboard", "action": action, "see": ".o_deadline_tile"}

    def _check(self, url, ready, login, pages, known):
        with file_open(f"{MODULE}/static/tests/axe/check_pages.js") as file:
            script = file.read()
        known = [{"rule": rule, "selector": selector} for rule, selector, _why in known]
        values = json.dumps({"source": self.source, "pages": pages, "known": known})
        # A frame that gives way to the next one complains of what it has not loaded yet.
        with mute_logger(f"{self._logger.name}.browser"):
            self.browser_js(url, f"{script}\ncheckPages({values})", ready, login=login, timeout=300)

    def _check_office(self, pages):
        ready = "!!document.querySelector('.o_deadline_tile')"
        self._check("/odoo/renewals", ready, "admin", pages, OFFICE)


class TestOfficeAccessibility(AccessibilityCommon):
    """What the web client shows its administrator."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.admin = cls.env.ref("base.user_admin")
        cls.company.partner_id.email = "office@example.com"
        cls.customer.email = "acme@example.com"
        cls.multipack.installment_ids[0].action_invoice()
        cls._withdraw()
        cls._plan()
        cls.due.write({"notify_from": cls.due.date_start, "user_id": cls.admin.id})
        cls.due.action_renew()
        cls.notices = cls.env["deadline.notice"]._notify(["deadline"], cls.due)

    @classmethod
    def _withdraw(cls):
        left = cls._sell_multipack(cls.flat)
        kind = cls.env.ref(f"{MODULE}.mail_activity_type_withdrawal")
        day = cls.today + timedelta(days=60)
        cls.withdrawal = cls.env["deadline.withdrawal"]._register_withdrawal(left, day, kind)

    @classmethod
    def _plan(cls):
        kinds = cls.env["mail.activity.type"]
        recall = kinds.create({"name": "Recall", "base_type": "recall"})
        for days, kind in enumerate((recall, cls.env.ref("mail.mail_activity_data_todo"))):
            cls.todo = cls.due.activity_schedule(
                activity_type_id=kind.id,
                date_deadline=cls.today - timedelta(days=days),
                summary=f"Ask for news {days}",
                user_id=cls.admin.id,
            )
        cls.todo.action_feedback()
        cls.recall = cls.due.activity_ids.filtered(lambda one: one.activity_type_id == recall)

    def _describe_form(self, record, name="", **values):
        """Return the page of a record, or of a new one."""
        action = {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [[False, "form"]],
        }
        name = f"{record._description} (form{name})"
        return {"name": name, "action": action, "see": ".o_form_view .o_inner_group", **values}

    def _describe_dialog(self, name, record=None, **values):
        """Return the page of a dialog, opened for a record."""
        context = {"active_model": record._name, "active_id": record.id, "active_ids": record.ids}
        action = f"{MODULE}.{name}"
        options = {"additionalContext": context}
        page = {"name": name, "action": action, "options": options, "see": ".modal .o_form_view"}
        return {**page, **values}

    def _describe_wizard(self, wizard, name):
        page = self._describe_form(wizard, f", {name}", see=".modal .o_form_view")
        page["action"]["target"] = "new"
        return page

    def test_windows(self):
        """Each view of each window of this addon, as an administrator has it from the menu."""
        found = self.env["ir.model.data"].search(
            [("module", "=", MODULE), ("model", "=", "ir.actions.act_window")]
        )
        windows = self.env["ir.actions.act_window"].browse(found.mapped("res_id"))
        pages = [self._describe_dashboard()]
        for name in ("deadline_health_check", "deadline_notice_forecast"):
            action = f"{MODULE}.{name}_action_open"
            pages.append({"name": name, "action": action, "see": ".o_list_view"})
        for window in windows.filtered(lambda one: one.target != "new"):
            pages += [
                {
                    "name": f"{window.name} ({mode})",
                    "action": window.id,
                    "options": {"viewType": mode},
                    "see": f".o_{mode}_view",
                }
                for _view, mode in window.views
                if mode != "form"
            ]
        self._check_office(pages)

    def test_forms(self):
        """Each form with all its tabs."""
        records = (
            self.due,
            self.multipack,
            self.multipack.installment_ids[0],
            self.withdrawal,
            self.notices,
            self.notices.line_ids,
        )
        tabs = ".o_notebook_headers .nav-link"
        pages = [self._describe_form(record, tabs=tabs) for record in records]
        pages += [
            self._describe_form(self.env[name], ", new")
            for name in ("deadline.deadline", "deadline.origin", "deadline.reminder")
        ]
        self._check_office(pages)

    def test_dialogs(self):
        pages = [
            self._describe_dialog("deadline_action_wizard_action", self.due),
            self._describe_dialog("deadline_action_wizard_action_partner", self.customer),
            self._describe_dialog("deadline_notice_wizard_action", self.due),
            self._describe_dialog("deadline_recall_wizard_action", self.recall),
            self._describe_dialog("deadline_report_wizard_action", self.due),
            self._describe_dialog("deadline_withdrawal_wizard_action", self.customer),
        ]
        wizards = self.env["deadline.withdrawal.wizard"].with_user(self.admin)
        for step in ("preview", "ask"):
            wizard = wizards.create(
                {
                    "partner_id": self.customer.id,
                    "multipack_ids": self.multipack.ids,
                    "date": self.today + timedelta(days=5),
                }
            )
            wizard.action_preview()
            if step == "ask":
                wizard.action_ask()
            pages.append(self._describe_wizard(wizard, step))
        self._check_office(pages)

    def test_forms_of_odoo(self):
        """Where this addon adds to a form of Odoo, that tab of it."""
        pages = [
            self._describe_form(self.customer, tabs="[name='deadlines'], [name='activities']"),
            self._describe_form(self.yearly.product_tmpl_id, tabs=".nav-link[name='deadlines']"),
            self._describe_form(self.pack.product_tmpl_id, tabs=".nav-link[name='deadlines']"),
            {
                "name": "settings",
                "action": f"{MODULE}.deadline_settings_action",
                "see": ".app_settings_block [name=deadline_grace_days]",
            },
        ]
        self._check_office(pages)


@tagged("post_install", "-at_install")
class TestOfficeAccessibilityOnAPhone(AccessibilityCommon):
    browser_size = "390x844"
    touch_enabled = True

    def test_dashboard(self):
        pages = [
            self._describe_dashboard(),
            {"name": "deadlines", "action": f"{MODULE}.deadline_deadline_action"},
        ]
        self._check_office(pages)


class TestPortalAccessibility(AccessibilityCommon):
    """What customers see, on a desk and on a phone."""

    def test_pages(self):
        self.multipack.installment_ids[0].action_invoice()
        self._login(self.ann)
        over = self._create_running(-400)
        urls = [
            "/my",
            "/my/deadlines",
            "/my/deadlines?filterby=renew",
            "/my/deadlines?filterby=all&groupby=product",
            "/my/deadlines?search=nothing",
            f"/my/deadlines/{self.due.id}",
            f"/my/deadlines/{over.id}",
            "/my/multipacks",
            "/my/multipacks?filterby=over",
            self.page,
        ]
        pages = [
            {"name": f"{url} at {width}", "url": url, "width": width}
            for url in urls
            for width in (1280, 390)
        ]
        self._check("/my/home", "document.readyState === 'complete'", "ann", pages, WEBSITE)

    def test_shop(self):
        self.pack.is_published = True
        self._login(self.ann)
        self._renew(self.due.id)
        urls = [self.pack.website_url, "/shop/cart", "/shop/payment"]
        pages = [
            {"name": f"{url} at {width}", "url": url, "width": width}
            for url in urls
            for width in (1280, 390)
        ]
        self._check("/my/home", "document.readyState === 'complete'", "ann", pages, WEBSITE)


class TestMailAccessibility(AccessibilityCommon):
    """The e-mails that customers get."""

    def test_mails(self):
        over = self._create_running(-20)
        withdrawal = self._leave()
        records = {"deadline.deadline": over, "deadline.withdrawal": withdrawal}
        templates = self.env["mail.template"].search([("model", "in", list(records))])
        mails = self.env["mail.mail"]
        for template in templates:
            mails += mails.browse(template.send_mail(records[template.model].id))
        mails += self._notify().mail_id
        pages = [
            {"name": mail.subject, "html": mail.body_html, "width": width}
            for mail in mails
            for width in (640, 390)
        ]
        self._check("/my/home", "document.readyState === 'complete'", "ann", pages, MAIL)

    def _leave(self):
        left = self._sell_multipack(self.flat)
        kind = self.env.ref(f"{MODULE}.mail_activity_type_withdrawal")
        day = self.today + timedelta(days=60)
        return self.env["deadline.withdrawal"]._register_withdrawal(left, day, kind)

    def _notify(self):
        """Return a reminder, and a notice of a payment."""
        self.customer.email = "acme@example.com"
        self.due.notify_from = self.due.date_start
        self.multipack.installment_ids[0].action_invoice()
        for name in ("notify", "notify_payments"):
            self.env.ref(f"{MODULE}.ir_cron_{name}").method_direct_trigger()
        return self.env["deadline.notice"].search([])
