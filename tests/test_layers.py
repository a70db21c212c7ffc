import ast
from pathlib import Path

from odoo.tests import BaseCase, tagged

ROOT = Path(__file__).resolve().parent.parent
#: Who may call whom: models further down may call those further up, never the reverse.
LEVELS = [
    ["bills", "constants", "numerals", "periods", "schedule", "texts"],
    [
        "deadline_batch_mixin",
        "deadline_contract_mixin",
        "deadline_facts_mixin",
        "deadline_reminder",
        "deadline_multipack_component",
        "mail_activity_mixin",
        "product_product",
        "product_template",
        "res_company",
        "res_config_settings",
        "res_partner_grade",
    ],
    [
        "deadline_deadline",
        "deadline_history",
        "deadline_import",
        "deadline_installment",
        "deadline_installment_charge",
        "deadline_installment_invoice",
        "deadline_installment_withdrawal",
        "deadline_multipack",
        "deadline_multipack_bill",
        "deadline_multipack_collection",
        "deadline_multipack_month",
        "deadline_multipack_withdrawal",
        "deadline_origin",
        "deadline_renewal",
        "deadline_renewal_payment",
        "deadline_state",
        "deadline_validity",
        "deadline_withdrawal",
        "deadline_withdrawal_line",
    ],
    [
        "deadline_notice",
        "deadline_notice_line",
        "deadline_installment_notice",
        "deadline_notice_subject_mixin",
        "deadline_notice_why",
        "deadline_win_back",
        "mail_activity",
        "mail_activity_type",
        "calendar_event",
        "mail_mail",
    ],
    [
        "sale_order",
        "sale_order_line",
        "sale_order_line_invoice",
        "sale_order_line_price",
        "sale_order_share",
        "res_partner",
        "res_users",
        "account_move",
        "account_payment_method_line",
        "mail_template",
        "res_bank",
        "payment_method",
        "payment_provider",
        "payment_transaction",
        "deadline_dashboard",
        "digest_digest",
        "payment_token",
    ],
]
#: Methods of this addon by which a model is known to others.
MODELS = {
    "deadline.batch.mixin": "deadline_batch_mixin",
    "deadline.contract.mixin": "deadline_contract_mixin",
    "deadline.deadline": "deadline_deadline",
    "deadline.facts.mixin": "deadline_facts_mixin",
    "deadline.installment": "deadline_installment",
    "deadline.multipack": "deadline_multipack",
    "deadline.multipack.component": "deadline_multipack_component",
    "deadline.notice": "deadline_notice",
    "deadline.notice.line": "deadline_notice_line",
    "deadline.reminder": "deadline_reminder",
    "deadline.origin": "deadline_origin",
    "deadline.withdrawal": "deadline_withdrawal",
    "deadline.withdrawal.line": "deadline_withdrawal_line",
}


def sources():
    return {path.stem: path for path in (ROOT / "models").rglob("*.py") if path.stem != "__init__"}


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


@tagged("post_install", "-at_install")
class TestLayers(BaseCase):
    def setUp(self):
        super().setUp()
        self.trees = {name: ast.parse(path.read_text()) for name, path in sources().items()}
        self.level = {name: index for index, names in enumerate(LEVELS) for name in names}

    def test_every_model_has_a_level(self):
        self.assertEqual(set(self.trees), set(self.level))

    def test_pure_modules_know_nothing_of_odoo(self):
        for pure in ("constants", "numerals", "periods", "schedule", "texts"):
            names = set(imported(self.trees[pure]))
            self.assertFalse([name for name in names if name.startswith((".", "odoo"))])

    def test_calendar_arithmetic_lives_in_one_place(self):
        for name, tree in self.trees.items():
            if name != "periods":
                self.assertFalse(
                    [module for module in imported(tree) if module.startswith("dateutil")], name
                )

    def test_nobody_asks_for_today_elsewhere(self):
        for name, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute) and node.attr in ("today", "context_today"):
                    self.fail(f"{name}.py:{node.lineno} asks for today")

    def test_no_failure_is_swallowed_whole(self):
        for name, tree in self.trees.items():
            if name == "deadline_batch_mixin":  # keeps each failure with the record
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.ExceptHandler):
                    caught = ast.unparse(node.type) if node.type else "everything"
                    self.assertNotIn(caught, ("Exception", "BaseException", "everything"), name)

    def test_nobody_else_sends_mail(self):
        for name, tree in self.trees.items():
            if name in ("deadline_notice", "deadline_withdrawal"):  # the latter its receipt
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute):
                    self.assertNotIn(
                        node.attr, ("send_mail", "send_mail_batch", "message_post"), name
                    )

    def test_nobody_else_leaves_todos(self):
        for name, tree in self.trees.items():
            if name == "mail_activity_mixin":  # with an owner, a day and a language
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Attribute):
                    self.assertNotEqual(node.attr, "activity_schedule", f"{name}:{node.lineno}")

    def test_calls_go_down(self):
        """No model names, in ``env[...]``, a model of this addon that stands above it."""
        for name, tree in self.trees.items():
            for node in ast.walk(tree):
                if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                    callee = MODELS.get(node.slice.value)
                    if callee and self.level[callee] > self.level[name]:
                        self.fail(f"{name}.py:{node.lineno} calls {node.slice.value}")
