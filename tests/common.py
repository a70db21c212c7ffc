"""Builders and base classes of the tests, so that each test says only what it is about."""

import io
import re
from contextlib import contextmanager
from datetime import date, timedelta
from unittest.mock import patch

import openpyxl
from lxml import html

from odoo.fields import Command
from odoo.tests import HttpCase, JsonRpcException, freeze_time, tagged, test_cursor
from odoo.tests import common as odoo_tests
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from odoo.addons.base.tests.common import BaseCommon
from odoo.addons.deadline_management.report.deadline_report_table import Table
from odoo.addons.deadline_management.report.deadline_report_xlsx import Workbook

OPERATIONAL = "deadline_management.report_operational"
#: Odoo gives Chrome ten seconds to start and then skips the tour: a busy machine needs more.
odoo_tests.CHECK_BROWSER_ITERATIONS = 900


def count_pages(reports, report_name, ids):
    """Return how many pages wkhtmltopdf makes of a report.

    What it says besides depends on its build and the machine, and does not count.
    """
    printer = reports.with_context(force_report_rendering=True)
    with mute_logger("odoo.addons.base.models.ir_actions_report"):
        document = printer._render_qweb_pdf(report_name, ids)[0]
    return PdfFileReader(io.BytesIO(document)).getNumPages()


def name_origins(origins, names):
    """Give origins names of which, in earlier versions, several could have the same."""
    origins.env.flush_all()
    for origin, name in zip(origins, names, strict=True):
        origins.env.cr.execute(
            "UPDATE deadline_origin SET name = jsonb_build_object('en_US', %s::text) WHERE id = %s",
            [name, origin.id],
        )
    origins.env.invalidate_all()


def hand_on(deadline, customer):
    """Make a deadline another customer's as earlier versions let people do."""
    deadline.env.flush_all()
    deadline.env.cr.execute(
        "UPDATE deadline_deadline SET partner_id = %(customer)s,"
        " commercial_partner_id = %(customer)s WHERE id = %(deadline)s",
        {"customer": customer.id, "deadline": deadline.id},
    )
    deadline.env.invalidate_all()


@tagged("post_install", "-at_install")
class DeadlineCommon(BaseCommon):
    """Builders for deadlines, products and orders. Nothing here reads demo data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.company.partner_id.tz = "Europe/Rome"
        cls.customer = cls._create_customer("Acme")
        cls.monthly = cls._create_product("Hosting", unit="month")
        cls.yearly = cls._create_product("Licence", unit="year", price=1200.0)

    @classmethod
    def _create_customer(cls, name, **values):
        return cls.env["res.partner"].create({"name": name, "is_company": True, **values})

    @classmethod
    def _create_pricelist(cls, name, rate):
        """Return a pricelist in a currency, of which `rate` are worth one of the company's."""
        currency = (
            cls.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        )
        currency.active = True
        if currency != cls.company.currency_id:
            currency.rate_ids.unlink()
            cls.env["res.currency.rate"].create(
                {"currency_id": currency.id, "name": date(2026, 1, 1), "rate": rate}
            )
        return cls.env["product.pricelist"].create({"name": name, "currency_id": currency.id})

    @classmethod
    def _create_product(cls, name, count=1, unit="month", price=100.0, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "taxes_id": False,
                "is_deadline": True,
                "deadline_duration_count": count,
                "deadline_duration_unit": unit,
                **values,
            }
        )

    @classmethod
    def _create_multipack(cls, name, components=None, count=4, **values):
        if components is None:
            components = [(cls.course, 1.0), (cls.coaching, 1.0)]
        return cls._create_product(
            name,
            **{
                "unit": "year",
                "is_deadline": False,
                "is_multipack": True,
                "multipack_installment_count": count,
                "multipack_collection": "manual",
                "multipack_component_ids": [
                    Command.create({"product_id": product.id, "quantity": quantity})
                    for product, quantity in components
                ],
                **values,
            },
        )

    @classmethod
    def _create_deadline(cls, **values):
        return cls.env["deadline.deadline"].create(
            {
                "partner_id": cls.customer.id,
                "product_id": cls.monthly.id,
                "amount": 100.0,
                "date_start": date(2026, 1, 31),
                **values,
            }
        )

    @classmethod
    def _create_order(cls, products, **values):
        """Return a quotation with a line for each product, or for each dict of line values."""
        lines = [
            product if isinstance(product, dict) else {"product_id": product.id}
            for product in products
        ]
        return cls.env["sale.order"].create(
            {
                "partner_id": cls.customer.id,
                "order_line": [Command.create(line) for line in lines],
                **values,
            }
        )

    @classmethod
    def _sell(cls, *products, **values):
        """Confirm an order of these products and return its deadlines."""
        order = cls._create_order(products, **values)
        order.action_confirm()
        return order.order_line.deadline_ids

    @classmethod
    def _renew(cls, deadline):
        """Renew a deadline as the back office does and return the new one."""
        order = cls.env["sale.order"].browse(deadline.action_renew()["res_id"])
        order.action_confirm()
        return order.order_line.deadline_ids

    @classmethod
    def _create_user(cls, login, *groups, **values):
        """Return a user. Tests log in without a password, which takes half a second to hash."""
        return cls.env["res.users"].create(
            {
                "name": login,
                "login": login,
                "email": f"{login}@example.com",
                "group_ids": [Command.set([cls.env.ref(group).id for group in groups])],
                **values,
            }
        )


@tagged("post_install", "-at_install")
class NoticeCommon(DeadlineCommon):
    """Deadlines at a distance from a fixed day, and the nightly run."""

    TODAY = date(2026, 3, 10)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(f"{cls.TODAY} 03:00:00"))
        cls.company.partner_id.email = "office@example.com"
        cls.customer.write({"email": "acme@example.com", "lang": "en_US"})
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman_all_leads")

    @classmethod
    def _create_ending(cls, days_left, **values):
        """Return a deadline of a year that ends in so many days, known for all of that year."""
        end = cls.TODAY + timedelta(days=days_left)
        start = end - timedelta(days=364)
        return cls._create_deadline(
            **{
                "product_id": cls.yearly.id,
                "date_start": start,
                "date_end": end,
                "notify_from": start,
                "user_id": cls.seller.id,
                **values,
            }
        )

    @classmethod
    def _create_overdue(cls, days, **values):
        """Return an active deadline that ended so many days ago, as before the nightly run."""
        with freeze_time(cls.TODAY - timedelta(days=days)):
            return cls._create_ending(-days, **values)

    @contextmanager
    def _call_after_commit(self):
        """Have commits call what waits for them, which those of tests leave out."""
        original = test_cursor.TestCursor.commit

        def commit(cr):
            cr.flush()
            cr.postcommit.run()
            original(cr)

        with patch.object(test_cursor.TestCursor, "commit", commit):
            yield

    def _run_cron(self, name):
        self.env.flush_all()
        with (
            self.enter_registry_test_mode(),
            self.assertNoLogs("odoo.addons.base.models.ir_cron", "ERROR"),
        ):
            self.env.ref(f"deadline_management.ir_cron_{name}").method_direct_trigger()
        self.env.invalidate_all()

    def _break_notices(self, method, partners):
        """Return a patch of a method that templates call: it fails for these recipients."""
        notices = self.registry["deadline.notice"]
        original = getattr(notices, method)

        def fail(notice):
            if notice.partner_id in partners:
                raise ValueError("broken record")
            return original(notice)

        return patch.object(notices, method, fail)

    def _notify(self, day=None):
        """Run the cron of notices, on a later day if one is given, and return what is new."""
        before = self.env["deadline.notice"].search([])
        with freeze_time(f"{day or self.TODAY} 03:00:00"):
            self._run_cron("notify")
        return self.env["deadline.notice"].search([]) - before

    def _expire(self, day=None):
        with freeze_time(f"{day or self.TODAY} 03:00:00"):
            self._run_cron("expire")

    def _get_verdicts(self, deadline):
        """Return {days before the end: verdict or reason} of the ledger of a deadline."""
        return {line.days_before: line.reason or line.verdict for line in deadline.notice_line_ids}


@tagged("post_install", "-at_install")
class MultipackCommon(NoticeCommon):
    """A multipack in four monthly installments, another one month by month, and their crons."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.course = cls._create_product("Course", price=300.0, unit="year")
        cls.coaching = cls._create_product("Coaching", price=100.0, unit="month")
        cls.pack = cls._create_multipack("Package", price=1000.0)
        cls.flat = cls._create_multipack("Flat Rate", price=50.0, multipack_plan="monthly")

    @classmethod
    def _sell_multipack(cls, product=None, day=None, **values):
        """Confirm an order of a multipack, on another day if one is given, and return it."""
        with freeze_time(f"{day or cls.TODAY} 09:00:00"):
            order = cls._create_order([product or cls.pack], **values)
            order.action_confirm()
        return order.order_line.multipack_ids

    @classmethod
    def _leave(cls, multipacks, day, **values):
        """Register the withdrawal of multipacks on a day, as the administrator."""
        kind = cls.env.ref("deadline_management.mail_activity_type_withdrawal")
        return cls.env["deadline.withdrawal"]._register_withdrawal(multipacks, day, kind, **values)

    @classmethod
    def _pay(cls, installments, amount=None):
        """Register payments of the invoices of installments, or a part of one."""
        for installment in installments:
            wizard = (
                cls.env["account.payment.register"]
                .with_context(active_model="account.move", active_ids=installment.move_id.ids)
                .create({"amount": amount} if amount else {})
            )
            wizard._create_payments()

    def _run_on(self, name, day):
        with freeze_time(f"{day} 03:00:00"):
            self._run_cron(name)


@tagged("post_install", "-at_install")
class ShopCommon(DeadlineCommon, HttpCase):
    """A customer, multipacks in the shop, and Odoo's demo provider."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.provider = cls.env.ref("payment.payment_provider_demo")
        if cls.provider.code != "demo":
            cls.skipTest(cls, "payment_demo is not installed")
        cls.provider.allow_tokenization = True
        cls.website = cls.env.ref("website.default_website")
        cls.company = cls.website.company_id
        cls.today = cls.company._deadline_today()
        cls.course = cls._create_product("Course", price=300.0, unit="year")
        cls.coaching = cls._create_product("Coaching", price=100.0, unit="month")
        cls.pack = cls._create_multipack(
            "Package", price=1000.0, multipack_collection="token", description_sale=False
        )
        cls.flat = cls._create_multipack(
            "Flat Rate", price=50.0, multipack_plan="monthly", multipack_collection="token"
        )
        cls.book = cls._create_product("Book", price=100.0, is_deadline=False)
        products = cls.pack + cls.flat + cls.book + cls.monthly
        products.write({"is_published": True, "website_id": False})
        contact = cls._create_customer(
            "Ann", is_company=False, parent_id=cls.customer.id, email="ann@example.com"
        )
        cls.ann = cls._create_user("ann@example.com", "base.group_portal", partner_id=contact.id)

    def _log_in(self):
        self.authenticate("ann@example.com", "ann@example.com")

    def _add(self, *products, quantity=1):
        for product in products:
            self.make_jsonrpc_request(
                "/shop/cart/add",
                {
                    "product_template_id": product.product_tmpl_id.id,
                    "product_id": product.id,
                    "quantity": quantity,
                },
            )

    def _open_payment(self):
        """Return the payment page of the cart."""
        page = self.url_open("/shop/checkout?try_skip_step=true")
        self.assertTrue(page.url.endswith("/shop/payment"), page.url)
        return html.fromstring(page.content)

    def _get_form(self, page):
        [form] = page.xpath("//form[@id='o_payment_form']")
        return form

    def _start(self, form, route=None, **values):
        """Ask for a transaction as the page does, and return its processing values."""
        return self.make_jsonrpc_request(
            route or form.get("data-transaction-route"),
            {
                "access_token": form.get("data-access-token"),
                "amount": float(form.get("data-amount")),
                "provider_id": self.provider.id,
                "payment_method_id": self.provider.payment_method_ids.id,
                "token_id": None,
                "flow": "direct",
                "tokenization_requested": False,
                "landing_route": form.get("data-landing-route"),
                **values,
            },
        )

    def _finish(self, values, state="done"):
        """Have the provider answer, and return the order."""
        self.make_jsonrpc_request(
            "/payment/demo/simulate_payment",
            {
                "reference": values["reference"],
                "payment_details": "4242",
                "simulated_state": state,
            },
        )
        self.make_jsonrpc_request("/payment/status/poll", {})
        return self._find(values).sale_order_ids

    def _find(self, values):
        return self.env["payment.transaction"].search([("reference", "=", values["reference"])])

    def _buy(self, *products, state="done"):
        self._add(*products)
        return self._finish(self._start(self._get_form(self._open_payment())), state)

    @contextmanager
    def _refused(self, text):
        """Expect that the server refuses a request with this sentence."""
        sent = self.opener.post
        answers = []

        def keep(*args, **kwargs):
            answers.append(sent(*args, **kwargs))
            return answers[-1]

        with (
            mute_logger("odoo.http"),
            patch.object(self.opener, "post", keep),
            self.assertRaises(JsonRpcException),
        ):
            yield
        self.assertIn(text, answers[-1].json()["error"]["data"]["message"])


@tagged("post_install", "-at_install")
class ChargeCommon(MultipackCommon):
    """A multipack charged to a saved card, with a provider that says what it is told to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.card = cls.env.ref("payment.payment_method_card").sudo()
        cls.direct_debit = cls.env.ref("payment.payment_method_sepa_direct_debit").sudo()
        cls.provider = cls._create_provider(cls.company)
        cls.token = cls._create_token()
        cls.env.invalidate_all()  # as what the journal has, depends on the provider

    @classmethod
    def _create_provider(cls, company):
        journal = cls.env["account.journal"].create(
            {"name": "Provider", "code": "PROV", "type": "bank", "company_id": company.id}
        )
        methods = cls.card + cls.direct_debit
        provider = cls.env["payment.provider"].create(
            {
                "name": "Provider",
                "code": "none",
                "state": "test",
                "company_id": company.id,
                "allow_tokenization": True,
                "payment_method_ids": [Command.set(methods.ids)],
            }
        )
        methods.active = True
        line = journal.inbound_payment_method_line_ids[:1]
        line.write({"payment_provider_id": provider.id, "payment_account_id": False})
        return provider

    @classmethod
    def _create_token(cls, partner=None, **values):
        return cls.env["payment.token"].create(
            {
                "provider_id": cls.provider.id,
                "payment_method_id": cls.card.id,
                "payment_details": "4242",
                "partner_id": (partner or cls.customer).id,
                "provider_ref": "saved",
                **values,
            }
        )

    @classmethod
    def _sell_charged(cls, token=None, **values):
        """Return the first installment, invoiced and due, of a multipack charged to a token."""
        multipack = cls._sell_multipack(**values)
        multipack._set_payment_token(token or cls.token)
        installment = multipack.installment_ids[0]
        installment._invoice()
        return installment

    def _run_charges(self, outcome="done", day=None, hour=5):
        """Run the cron of charges, and return the references that the provider was asked for.

        :param outcome: state that the provider gives to transactions, or an error it raises
        """
        asked = []

        def send(transaction):
            asked.append(transaction.reference)
            if isinstance(outcome, Exception):
                raise outcome
            self._tell(transaction, outcome)

        model = self.env.registry["payment.transaction"]
        with (
            patch.object(model, "_send_payment_request", send),
            freeze_time(f"{day or self.TODAY} {hour:02}:00:00"),
        ):
            self._run_cron("charge")
        return asked

    def _tell(self, transaction, state):
        """Have the provider tell the state of a transaction, as its webhook does."""
        if state == "pending":
            transaction._set_pending()
        elif state == "done":
            transaction._set_done()
        elif state == "error":
            transaction._set_error("No funds")
        elif state == "cancel":
            transaction._set_canceled()


@tagged("post_install", "-at_install")
class ImportCommon(NoticeCommon):
    """Spreadsheets, as the import screen hands them to Odoo."""

    OPTIONS = {
        "has_headers": True,
        "quoting": '"',
        "separator": ",",
        "date_format": "%Y-%m-%d",
        "float_thousand_separator": ",",
        "float_decimal_separator": ".",
        "limit": 2000,
    }

    @classmethod
    def _open_file(cls, content, name="deadlines.csv", kind="text/csv"):
        """Return the import of a file, by the seller."""
        imports = cls.env["base_import.import"].with_user(cls.seller)
        return imports.with_context(tracking_disable=True).create(
            {
                "res_model": "deadline.deadline",
                "file": content,
                "file_name": name,
                "file_type": kind,
            }
        )

    @classmethod
    def _import(cls, columns, *rows, **options):
        """Import rows of values below the names of their fields; return what Odoo answers."""
        lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
        cls.env.flush_all()
        result = cls._open_file("\n".join(lines).encode()).execute_import(
            columns, columns, {**cls.OPTIONS, **options}
        )
        cls.env.invalidate_all()
        return result

    @classmethod
    def _upload(cls, text, name="deadlines.csv", kind="text/csv", **options):
        """Import a file as the screen does, which knows of it what the preview proposes."""
        content = text if isinstance(text, bytes) else text.encode()
        cls.env.flush_all()
        screen = cls._open_file(content, name, kind)
        preview = screen.parse_preview(
            {
                **cls.OPTIONS,
                "separator": "",
                "encoding": "",
                "date_format": "",
                "datetime_format": "",
                "advanced": True,
                "keep_matches": False,
                "sheets": [],
                "sheet": "",
            }
        )
        headers, matches = preview["headers"], preview["matches"]
        fields = ["/".join(matches.get(index, ())) or False for index in range(len(headers))]
        result = screen.execute_import(fields, headers, {**preview["options"], **options})
        cls.env.invalidate_all()
        return result

    def _import_well(self, columns, *rows, **options):
        """Import rows that are in order and return their deadlines, in the order of the rows."""
        result = self._import(columns, *rows, **options)
        self.assertFalse(result["messages"])
        return self.env["deadline.deadline"].browse(result["ids"])


@tagged("post_install", "-at_install")
class ReportCommon(DeadlineCommon):
    """Deadlines of several customers, products and months, and the operational report on them."""

    TODAY = date(2026, 3, 10)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(freeze_time(f"{cls.TODAY} 03:00:00"))
        cls.env["deadline.deadline"].search([]).unlink()
        cls.seller = cls._create_user("seller", "sales_team.group_sale_salesman_all_leads")
        cls.other = cls._create_customer("Bolt")

    @classmethod
    def _create_report(cls, **values):
        """Return a wizard of the seller, without the deadlines of other companies."""
        wizards = cls.env["deadline.report.wizard"].with_user(cls.seller).with_company(cls.company)
        return wizards.create(values)

    @classmethod
    def _find(cls, **values):
        """Return the deadlines that meet criteria, as the seller sees them."""
        report = cls._create_report(**values)
        found = report.env["deadline.deadline"].search(report._get_domain())
        return cls.env["deadline.deadline"].browse(found.ids)

    @classmethod
    def _create_foreign(cls, name, rate):
        """Return a currency of which so many make one of the company's."""
        currency = cls.env["res.currency"].create(
            {"name": name, "symbol": name, "rounding": 0.01, "position": "after"}
        )
        cls.env["res.currency.rate"].create(
            {"currency_id": currency.id, "rate": rate, "name": "2020-01-01"}
        )
        return currency


class SpreadsheetCommon(ReportCommon):
    """The operational report as a spreadsheet, read back and worked out."""

    def _read(self, **values):
        """Return the workbook of a report, with formulas and with what they came to."""
        return self._read_report(self._create_report(**values))

    def _read_report(self, report):
        file = io.BytesIO()
        Workbook(Table(report), file).fill()
        return [openpyxl.load_workbook(file, data_only=cached) for cached in (False, True)]

    def _get_rows(self, sheet):
        headings, *rows = sheet.iter_rows(values_only=True)
        return [dict(zip(headings, row, strict=True)) for row in rows]

    def _get_totals(self, sheet):
        """Return the rows of the totals, from their heading on."""
        rows = list(sheet.iter_rows(values_only=True))
        start = next(n for n, row in enumerate(rows) if "Deadlines" in row)
        return [dict(zip(rows[start], row, strict=True)) for row in rows[start + 1 :]]

    def _compute(self, formulas, cell):
        """Work out a formula of the totals from the rows, as a spreadsheet does."""
        book, sheet = formulas, formulas["Totals"]
        name, arguments = re.fullmatch(r"=(\w+)\((.*)\)", sheet[cell].value).groups()

        def read(reference):
            rows, cells = reference.rpartition("!")[::2]
            self.assertEqual(rows, "Deadlines")
            return [row[0].value for row in book["Deadlines"][cells.replace("$", "")]]

        first, *others = arguments.split(",")
        if name == "ROWS":
            return len(read(first))
        if name == "SUM":
            return sum(read(first))
        values = None if name == "COUNTIFS" else read(first)
        pairs = [first, *others] if name == "COUNTIFS" else others
        wanted = zip(pairs[::2], pairs[1::2], strict=True)
        columns = [(read(one), sheet[cell.replace("$", "")].value) for one, cell in wanted]
        count = len(columns[0][0])
        met = [n for n in range(count) if all(column[n] == value for column, value in columns)]
        return len(met) if values is None else sum(values[n] for n in met)

    def _assert_formulas(self, formulas, cached):
        """Hold every formula against the value that is stored with it, and count them."""
        found = 0
        for row in formulas["Totals"].iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith("="):
                    computed = self._compute(formulas, cell.coordinate)
                    stored = cached["Totals"][cell.coordinate].value
                    self.assertAlmostEqual(computed, stored, 2, cell.coordinate)
                    found += 1
        return found


class PrintCommon(ReportCommon):
    """The operational report as a document, page by page."""

    def _render(self, report):
        """Return the pages of the document, as elements."""
        reports = self.env["ir.actions.report"].with_user(self.seller)
        content = reports._render_qweb_html(OPERATIONAL, report.ids)[0]
        return html.fromstring(content).find_class("o_deadline_page")

    def _get_texts(self, page, kind):
        rows = page.find_class(f"o_deadline_{kind}")
        return [[cell.text_content().strip() for cell in row] for row in rows]

    def _print(self, **values):
        return self._render(self._create_report(**values))
