import ast
import datetime
import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from odoo.tests import BaseCase, TransactionCase, tagged

ROOT = Path(__file__).resolve().parent.parent
OURS = "odoo.addons.deadline_management"
#: Who may call whom: each knows those before it. What is needed of a later one is a hook, which
#: the later one overrides.
WINGS = ["pure", "mixins", "deadline", "notice", "multipack", "action", "entrances"]
PURE = {"bills", "constants", "numerals", "periods", "schedule", "texts"}
#: Words of a later wing that an earlier one never says.
FOREIGN = {"deadline": r"multipack|installment", "notice": r"multipack|installment"}
#: What questions may not call.
ACTS = {"write", "create", "unlink", "_set_state", "_leave_todo", "message_post"}
QUESTION = re.compile(r"_(is|has|can|get|find|filter|describe|format)_")
#: Attributes of Python's own values, which are no fields.
BUILTIN = {name for kind in (datetime.datetime, datetime.timedelta) for name in dir(kind)}


class Source(NamedTuple):
    name: str
    wing: str
    tree: ast.Module
    text: str


def read_sources():
    """Return the production code of the addon, as a list of ``Source``."""
    found = []
    for folder in ("models", "controllers", "wizards", "report"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.name != "__init__.py":
                found.append(make_source(str(path.relative_to(ROOT)), path.read_text()))
    return found


def make_source(name, text):
    folder, *between, file = Path(name).parts
    if folder != "models":
        wing = "entrances"
    elif between:
        wing = between[0]
    else:
        wing = "pure" if Path(file).stem in PURE else "mixins"
    return Source(name, wing, ast.parse(text), text)


def is_later(wings, wing):
    """Tell whether something is known in later wings only, seen from a wing."""
    return bool(wings) and min(map(WINGS.index, wings)) > WINGS.index(wing)


class Names:
    """Where methods, fields and models of this addon are defined: sets of wings by name."""

    def __init__(self, sources):
        self.methods, self.fields, self.models = (defaultdict(set) for _each in range(3))
        for source in sources:
            for node in ast.walk(source.tree):
                if isinstance(node, ast.FunctionDef):
                    self.methods[node.name].add(source.wing)
                elif isinstance(node, ast.ClassDef):
                    self._read_class(node, source.wing)

    def _read_class(self, node, wing):
        for line in node.body:
            if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
                name, value = line.targets[0].id, line.value
                if name == "_name" and isinstance(value, ast.Constant):
                    self.models[value.value].add(wing)
                elif isinstance(value, ast.Call) and ast.unparse(value.func).startswith("fields."):
                    self.fields[name].add(wing)


# --- Rules: each takes sources and yields what breaks it ------------------------------------------


def find_upward_imports(sources):
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                for wing in (node.module or "").split("."):
                    if wing in WINGS and is_later({wing}, source.wing):
                        yield f"{source.name}:{node.lineno} imports from the wing {wing}"


def find_upward_names(sources, odoo):
    """Yield each use of a model, method or field that only later wings define.

    :param odoo: names that Odoo itself uses, which tell nothing
    """
    names = Names(sources)
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                name, kind, wings = node.slice.value, "names", names.models
            elif isinstance(node, ast.Attribute) and node.attr not in odoo | BUILTIN:
                name = node.attr
                kind = "calls" if name in names.methods else "reads"
                wings = names.methods if name in names.methods else names.fields
            else:
                continue
            if is_later(wings.get(name), source.wing):
                where = " and ".join(sorted(wings[name]))
                yield f"{source.name}:{node.lineno} {kind} {name}, which is defined in {where}"


def find_foreign_words(sources):
    for source in sources:
        for number, line in enumerate(source.text.splitlines(), 1):
            if (words := FOREIGN.get(source.wing)) and re.search(words, line, re.IGNORECASE):
                yield f"{source.name}:{number} speaks of a later wing: {line.strip()}"


def find_attributes(sources, attributes, but=()):
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr in attributes:
                if Path(source.name).stem not in but:
                    yield f"{source.name}:{node.lineno} uses {node.attr}"


def find_swallowed_errors(sources, but=()):
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ExceptHandler) and Path(source.name).stem not in but:
                caught = ast.unparse(node.type) if node.type else "everything"
                if caught in ("Exception", "BaseException", "everything"):
                    yield f"{source.name}:{node.lineno} catches {caught}"


def find_acting_questions(sources):
    for source in sources:
        for function in ast.walk(source.tree):
            if isinstance(function, ast.FunctionDef) and QUESTION.match(function.name):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                        if node.func.attr in ACTS:
                            yield f"{source.name}:{node.lineno} {function.name}: {node.func.attr}"


def find_state_writers(sources, but=()):
    """Yield where a state is written by hand: as a key of a dict or keyword given to ``write``."""
    for source in sources:
        if Path(source.name).stem in but:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in ("write", "update") and "'state':" in ast.unparse(node):
                    yield f"{source.name}:{node.lineno} writes a state"


@tagged("post_install", "-at_install")
class TestLayers(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sources = read_sources()

    def _get_odoo_names(self):
        """Return the names of all attributes of Odoo's models, as far as not ours alone."""
        classes = {
            one
            for model in self.env.registry.values()
            for one in model.__mro__
            if not one.__module__.startswith(OURS)
        }
        return {name for one in classes for name in vars(one)}

    def _check(self, problems):
        self.assertEqual(list(problems), [])

    # --- From one wing to the next

    def test_every_folder_is_a_wing(self):
        self.assertLessEqual({source.wing for source in self.sources}, set(WINGS))

    def test_imports_go_down(self):
        self._check(find_upward_imports(self.sources))

    def test_calls_go_down(self):
        self._check(find_upward_names(self.sources, self._get_odoo_names()))

    def test_wings_do_not_speak_of_later_ones(self):
        self._check(find_foreign_words(self.sources))

    def test_pure_modules_know_nothing_of_odoo(self):
        for source in self.sources:
            if source.wing == "pure":
                self.assertNotRegex(source.text, r"(?m)^(from|import) odoo", source.name)

    # --- One place each

    def test_calendar_arithmetic_lives_in_one_place(self):
        for source in self.sources:
            if Path(source.name).stem != "periods":
                self.assertNotRegex(source.text, r"(?m)^(from|import) dateutil", source.name)

    def test_nobody_asks_for_today_elsewhere(self):
        self._check(find_attributes(self.sources, {"today", "context_today"}))

    def test_no_failure_is_swallowed_whole(self):
        # The batch mixin keeps each failure with the record.
        self._check(find_swallowed_errors(self.sources, but={"deadline_batch_mixin"}))

    def test_nobody_else_sends_mail(self):
        sends = {"send_mail", "send_mail_batch", "message_post"}
        self._check(
            find_attributes(self._get_models(), sends, {"deadline_notice", "deadline_withdrawal"})
        )

    def test_nobody_else_leaves_todos(self):
        # The mixin knows an owner, a day and a language.
        self._check(
            find_attributes(self._get_models(), {"activity_schedule"}, {"mail_activity_mixin"})
        )

    def test_nobody_else_writes_states(self):
        self._check(find_state_writers(self._get_models(), {"deadline_contract_mixin"}))

    def test_nobody_else_commits(self):
        self._check(find_attributes(self.sources, {"commit"}, {"deadline_batch_mixin"}))

    def test_questions_change_nothing(self):
        self._check(find_acting_questions(self.sources))

    def _get_models(self):
        return [source for source in self.sources if source.wing != "entrances"]


@tagged("post_install", "-at_install")
class TestLayersSeeWrong(BaseCase):
    """Each rule finds what it is there for."""

    LATER = (
        "models/multipack/deadline_multipack.py",
        'class M(models.Model):\n    _name = "deadline.multipack"\n'
        "    plan_ids = fields.Char()\n    def _open_plan(self): pass\n",
    )

    def _find(self, rule, text, name="models/deadline/deadline_deadline.py", **options):
        return list(rule([make_source(name, text), make_source(*self.LATER)], **options))

    def test_upward_imports(self):
        self.assertEqual(
            self._find(find_upward_imports, "from ..multipack.deadline_multipack import OWED"),
            ["models/deadline/deadline_deadline.py:1 imports from the wing multipack"],
        )
        self.assertTrue(self._find(find_upward_imports, "from ..action import x"))
        self.assertFalse(self._find(find_upward_imports, "from .. import periods"))

    def test_upward_names(self):
        for text in ('self.env["deadline.multipack"]', "line._open_plan()", "line.plan_ids"):
            with self.subTest(text):
                self.assertTrue(self._find(find_upward_names, text, odoo=set()))
        self.assertFalse(self._find(find_upward_names, "line._open_plan()", odoo={"_open_plan"}))
        self.assertFalse(
            self._find(find_upward_names, "line.plan_ids", name="wizards/w.py", odoo=set())
        )

    def test_foreign_words(self):
        self.assertTrue(self._find(find_foreign_words, "# of the Multipack"))

    def test_states_written(self):
        self.assertTrue(self._find(find_state_writers, 'x.write({"state": "active"})'))

    def test_swallowed_errors(self):
        self.assertTrue(self._find(find_swallowed_errors, "try: x()\nexcept: pass"))

    def test_questions_that_act(self):
        text = "def _is_late(self):\n    self.write({})"
        self.assertTrue(self._find(find_acting_questions, text))

    def test_attributes(self):
        self.assertTrue(self._find(find_attributes, "cr.commit()", attributes={"commit"}))
