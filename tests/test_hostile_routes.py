"""Every route of this addon's controllers, called by those who may not and with nonsense.

The routes are those that Odoo's routing map knows, so a new one is called too.
"""

import datetime
import inspect
import re
from itertools import cycle
from types import SimpleNamespace
from urllib.parse import quote, urlsplit

import freezegun
import vobject

from odoo.http import Request
from odoo.tests import HttpCase
from odoo.tools import mute_logger

from .hostile import (
    DATES,
    IDS,
    NO_IDS,
    ROUNDS,
    SECRET,
    VALUES,
    HostileCommon,
    JsonCommon,
    is_ours,
)

#: Values that a query or a form can carry.
TEXTS = [str(value) for value in (*IDS, *NO_IDS, *DATES)] + [
    "💣 ünïcödé \u202e",
    "x" * 20_000,
    "date_start desc; DROP TABLE deadline_deadline",
    "{'a': 1}",
    "%",
    "\\",
    "//evil.example",
    "https://evil.example/my",
    "/\\evil.example",
    "javascript:alert(1)",
]
#: Parameters that pages take by name or in ``**parameters``; and where other sites let them
#: say what is called inside, or where it goes on.
NAMES = [
    "access_token",
    "amount",
    "deadline_id",
    "document",
    "download",
    "error",
    "filterby",
    "groupby",
    "landing_route",
    "multipack",
    "next",
    "no_breadcrumbs",
    "page",
    "parameters",
    "redirect",
    "report_type",
    "saved",
    "search",
    "search_in",
    "session_history",
    "sortby",
    "token_id",
    "url",
    "values",
    "zzz",
]
#: Pages of Odoo to which this addon adds.
PAGES = ["/my", "/my/home", "/my/orders/{id}", "/shop/cart", "/shop/checkout", "/shop/payment"]


#: Of the world of `HostileCommon`; None is a visitor.
LOGINS = [None, "bob", "owner", "employee", "chief"]


class TestHostileRoutes(JsonCommon, HostileCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # A page makes the token of what it links to, as Odoo's do; here that is done.
        for name in ("deadline.deadline", "deadline.multipack", "sale.order", "account.move"):
            for record in cls.env[name].search([]):
                record._portal_ensure_token()
        cls.tokens = [deadline.access_token for deadline in cls.records["deadline.deadline"]]
        # It asks for the exact type of a date, which a frozen one is not.
        real = {"date": freezegun.api.real_date, "datetime": freezegun.api.real_datetime}
        times = SimpleNamespace(**{**vars(datetime), **real})
        cls.classPatch(vobject.icalendar, "datetime", times)

    def setUp(self):
        super().setUp()
        self.enterContext(
            mute_logger("odoo.http", "odoo.addons.http_routing.models.ir_http", "odoo.sql_db")
        )

    @classmethod
    def _get_routes(cls):
        """Return (url, methods, type, names of parameters) of each route that our code answers."""
        routes = {}
        http = cls.env["ir.http"]
        rules = http._generate_routing_rules(
            cls.registry._init_modules, converters=http._get_converters()
        )
        for url, endpoint in rules:
            method = endpoint.func
            classes = [one for one in type(method.__self__).__mro__ if method.__name__ in vars(one)]
            if not any(is_ours(one) for one in classes):
                continue
            names = {
                name
                for one in classes
                for name in inspect.signature(vars(one)[method.__name__]).parameters
            }
            routes[url] = (
                set(endpoint.routing["methods"] or ("GET", "POST")) - {"OPTIONS"},
                endpoint.routing["type"],
                sorted(names - {"self", "args", "kwargs"}),
            )
        return routes

    def _log_in(self, login):
        self.authenticate(login, login)

    def _get_csrf_token(self):
        """Return what the pages of this session put into their forms."""
        return Request.csrf_token(SimpleNamespace(session=self.session, env=self.env))

    def _fill(self, url, value):
        return re.sub(r"<[^>]+>", lambda _match: quote(str(value), safe=""), url)

    def _ask(self, url, **options):
        """Return the answer, after seeing that it is none of a server that fell over."""
        options.setdefault("allow_redirects", False)
        response = self.url_open(url, **options)
        self.assertLess(response.status_code, 500, f"{url[:200]} {options}"[:600])
        self._assert_stays(response)
        return response

    def _assert_stays(self, response):
        """See that nobody is sent elsewhere, whatever the address says."""
        target = response.headers.get("Location", "")
        self.assertFalse(target.startswith(("//", "/\\", "\\")), target[:200])
        self.assertIn(urlsplit(target).scheme, ("", "http", "https"))
        self.assertIn(urlsplit(target).netloc, ("", urlsplit(self.base_url()).netloc))

    def _get_ids(self):
        """Return ids of the victim's records, and ids that nobody has."""
        victims = {record.id for records in self.records.values() for record in records}
        return self._draw([*sorted(victims)[:12], *IDS, *NO_IDS], 5 * ROUNDS)

    def test_our_routes_are_found(self):
        routes = self._get_routes()
        for url in (
            "/my/deadlines",
            "/my/deadlines/renew",
            "/deadline_management/report/<int(max=2147483647):wizard_id>/xlsx",
            "/shop/cart/update",
        ):
            self.assertIn(url, routes)
        self.assertGreater(len(routes), 10)

    def _get_guesses(self, names):
        """Return dicts of parameters with bad values, at random."""
        texts = [*TEXTS, *self.tokens]
        names = sorted({*names, *NAMES})
        return [
            {name: self.random.choice(texts) for name in self.random.sample(names, count)}
            for count in (1, 1, 4) * ROUNDS
        ]

    def _get_targets(self, kind, method):
        return [
            (url, names)
            for url, (methods, its_kind, names) in self._get_routes().items()
            if its_kind == kind and method in methods
        ]

    def _assert_no_leak(self, login, response):
        if login in (None, "bob", "employee"):
            self.assertNotIn(SECRET, response.text)

    def test_ids(self):
        for login in LOGINS:
            self._log_in(login)
            for url, _names in self._get_targets("http", "GET"):
                for value in self._get_ids() if "<" in url else []:
                    with self.subTest(login=login, url=url, value=str(value)[:40]):
                        self._assert_no_leak(login, self._ask(self._fill(url, value)))

    def test_parameters(self):
        """One parameter, and several at once, on the lists and on the victim's pages."""
        own = self.records["deadline.deadline"].id
        for login in LOGINS:
            self._log_in(login)
            for url, names in self._get_targets("http", "GET"):
                for guess in self._get_guesses(names):
                    with self.subTest(login=login, url=url, guess=str(guess)[:200]):
                        path = self._fill(url, own)
                        response = self._ask(path, params=guess)
                        if guess.get("access_token") not in self.tokens:
                            self._assert_no_leak(login, response)

    def test_no_number_and_no_text(self):
        """What fell over once: digits that are none to Odoo, a token that is not ASCII, a zero."""
        self._log_in("owner")
        own = self.records["deadline.deadline"].id
        for url in (
            "/my/deadlines?page=²",
            "/my/multipacks?page=²",
            f"/my/deadlines?page={'9' * 5000}",
            "/my/deadlines?search=%00",
            f"/my/deadlines/{own}?access_token=٣",
        ):
            self.assertEqual(self._ask(url).status_code, 200, url[:40])
        self._log_in("bob")
        for url in (f"/my/deadlines/{own}", f"/my/deadlines/{own}/calendar"):
            self.assertEqual(self._ask(f"{url}?access_token=٣").status_code, 303, url)

    def test_parameters_of_the_code_inside(self):
        """Names of arguments of what a page calls are parameters like any other."""
        self._log_in("owner")
        names = ("document", "values", "session_history", "no_breadcrumbs", "multipack", "error")
        for model, url in (
            ("deadline.deadline", "deadlines"),
            ("deadline.multipack", "multipacks"),
        ):
            own = self.records[model][:1].id
            for name in names:
                for path in (f"/my/{url}", f"/my/{url}/{own}"):
                    with self.subTest(path=path, name=name):
                        response = self._ask(path, params={name: "Call 555"})
                        self.assertEqual(response.status_code, 200)

    def test_nobody_is_sent_elsewhere(self):
        own = self.records["deadline.deadline"].id
        names = ("redirect", "url", "next", "landing_route", "callback", "access_token", "r")
        targets = cycle(("//evil.example", "https://evil.example", "/\\evil.example"))
        for login in (None, "bob", "owner"):
            self._log_in(login)
            for method in ("GET", "POST"):
                for url, _names in self._get_targets("http", method):
                    data = {**dict.fromkeys(names, next(targets)), "deadline_id": own}
                    data["csrf_token"] = self._get_csrf_token()
                    kind = "params" if method == "GET" else "data"
                    with self.subTest(login=login, url=url, method=method):
                        self._ask(self._fill(url, own), method=method, **{kind: data})

    def test_reading_writes_nothing(self):
        own = {name: records[:1].id for name, records in self.records.items()}
        before = self._take_fingerprint()
        for login in LOGINS:
            self._log_in(login)
            for url, names in self._get_targets("http", "GET"):
                for number in {own["deadline.deadline"], own["deadline.multipack"]}:
                    self._ask(self._fill(url, number), params=dict.fromkeys(names, "1"))
            for url, _names in self._get_targets("http", "POST"):
                self._ask(self._fill(url, own["deadline.multipack"]), method="GET")
            for page in PAGES:
                self._ask(self._fill(page, 1))
            self._assert_untouched(before, login)

    def test_posts_without_the_token_of_the_page(self):
        """Whatever is posted from another site is refused before it does anything."""
        before = self._take_fingerprint()
        for login in LOGINS:
            self._log_in(login)
            for url, names in self._get_targets("http", "POST"):
                with self.subTest(login=login, url=url):
                    own = self.records["deadline.deadline"].id
                    data = {**dict.fromkeys(names, str(own)), "deadline_id": str(own)}
                    for token in ({}, {"csrf_token": "x" * 40}, {"csrf_token": "٣"}):
                        response = self._ask(self._fill(url, own), data={**data, **token})
                        # A visitor is sent to the login, whatever the form.
                        self.assertIn(response.status_code, (303, 400, 404))
        self._assert_untouched(before, "posts without a token")

    def test_posts(self):
        """Forms of nonsense, and of what belongs to somebody else."""
        before = self._take_fingerprint()
        victims = self.records["deadline.deadline"].ids + self.records["deadline.multipack"].ids
        for login in ("bob", "employee"):
            self._log_in(login)
            for url, names in self._get_targets("http", "POST"):
                for value in (victims[0], *self._get_ids()):
                    data = {
                        **self._get_guesses(names)[-1],
                        "deadline_id": value,
                        "token_id": value,
                        "csrf_token": self._get_csrf_token(),
                    }
                    with self.subTest(login=login, url=url, value=str(value)[:40]):
                        path = self._fill(url, self.random.choice(victims))
                        self._assert_no_leak(login, self._ask(path, data=data))
        self._assert_untouched(before, "posts of others")

    def test_json(self):
        """Arguments of any type: Odoo's sentences, or Odoo's own failures, never ours."""
        before = self._take_fingerprint()
        orders = self.env["sale.order"].search([("partner_id", "=", self.victim.id)]).ids
        for login in (None, "bob", "employee"):
            self._log_in(login)
            for url, names in self._get_targets("jsonrpc", "POST"):
                for value in self._draw(VALUES, 8 * ROUNDS):
                    params = {name: self.random.choice(VALUES) for name in names} | {
                        "amount": value,
                        "quantity": value,
                        "zzz": value,
                    }
                    path = self._fill(url, self.random.choice([*orders, *IDS]))
                    with self.subTest(login=login, url=url, params=str(params)[:300]):
                        self._assert_answered(self._call(path, params))
        self._assert_untouched(before, "JSON of others")

    def test_json_of_another_shape(self):
        for url, _names in self._get_targets("jsonrpc", "POST"):
            for body in ("", "{", "[]", "null", "3", '"x"', '{"params": []}', '{"params": 3}'):
                with self.subTest(url=url, body=body):
                    response = self.url_open(
                        self._fill(url, 1),
                        data=body or " ",
                        headers={"Content-Type": "application/json"},
                        allow_redirects=False,
                    )
                    self._assert_answered(response)
