from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import content_disposition, request
from odoo.tools import format_amount, format_date
from odoo.tools.misc import submap

from odoo.addons.portal.controllers.portal import CustomerPortal, pager


class DeadlinePortal(CustomerPortal):
    """The customer's deadlines: what runs, what to renew, what is over."""

    _DEADLINE_PARAMETERS = ("sortby", "filterby", "groupby", "search", "search_in")
    #: Of what an address says, what Odoo's pages of documents need: who writes in the chatter.
    #: Not what a page is to tell the visitor: that would be for whoever writes a link.
    _PAGE_PARAMETERS = ("pid", "hash")

    def _document_check_access(self, model_name, document_id, access_token=None):
        # Tokens are compared as ASCII: what is none cannot be one.
        if not isinstance(access_token, str) or not access_token.isascii():
            access_token = None
        return super()._document_check_access(model_name, document_id, access_token)

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        deadlines = request.env["deadline.deadline"]
        if "deadline_count" in counters:
            may = deadlines.has_access("read")
            values["deadline_count"] = deadlines.search_count([], limit=1) if may else 0
        if "deadline_to_renew_count" in counters:
            values["deadline_to_renew_count"] = len(deadlines._search_portal_renewable())
        return values

    @http.route(
        ["/my/deadlines", "/my/deadlines/page/<int:page>"], type="http", auth="user", website=True
    )
    def portal_my_deadlines(self, page=1, **parameters):
        """Show the customer's deadlines. Parameters that are not known are left aside."""
        return self._render_deadlines(page, parameters)

    def _render_deadlines(self, page, parameters, error=None):
        """Return a page of the customer's deadlines.

        :param dict parameters: of the address
        :param str error: what to tell the visitor, never what an address says
        """
        values = self._prepare_portal_layout_values()
        known = submap(parameters, self._DEADLINE_PARAMETERS)
        values |= self._prepare_deadline_searchbar(**known)
        domain = self._get_deadline_domain(**values)
        order = values["searchbar_sortings"][values["sortby"]]["order"]
        groupby = values["groupby"]
        if groupby != "none":
            order = f"{groupby}, {order}"
        arguments = {name: values[name] for name in self._DEADLINE_PARAMETERS}
        found, values["pager"] = self._search_page(
            "deadline.deadline", domain, order, page, "/my/deadlines", arguments
        )
        request.session["my_deadlines_history"] = found.ids[:100]
        groups = found.grouped(groupby).values() if groupby != "none" else [found]
        values |= {
            "deadline_groups": list(groups),
            "has_deadlines": request.env["deadline.deadline"].search_count(
                [("state", "!=", "cancelled")], limit=1
            ),
            "page_name": "deadline",
            "default_url": "/my/deadlines",
            "error": error,
        }
        return request.render("deadline_management.portal_my_deadlines", values)

    @http.route("/my/deadlines/statement", type="http", auth="user", website=True, readonly=True)
    def portal_deadline_statement(self, **_parameters):
        """Print all deadlines of the visitor's own company, for the visitor as addressee."""
        if not request.env["deadline.deadline"].has_access("read"):
            return request.redirect("/my")
        partner = request.env.user.partner_id
        # With all rights, to name products that the shop shows no more: the statement itself
        # looks for deadlines as the visitor.
        report_sudo = request.env["ir.actions.report"].sudo()
        pdf, _kind = report_sudo._render_qweb_pdf(
            "deadline_management.action_report_deadline_statement", partner.ids
        )
        name = f"{request.env._('Deadlines')} - {partner.commercial_partner_id.sudo().name}.pdf"
        return request.make_response(
            pdf,
            [
                ("Content-Type", "application/pdf"),
                ("Content-Disposition", content_disposition(name, disposition_type="inline")),
            ],
        )

    @http.route("/my/deadlines/<int:deadline_id>", type="http", auth="public", website=True)
    def portal_deadline(
        self, deadline_id, access_token=None, report_type=None, download=False, **parameters
    ):
        """Show or print one deadline, to its customer or to whoever has its link."""
        try:
            deadline = self._document_check_access("deadline.deadline", deadline_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type in ("html", "pdf", "text"):
            report = "deadline_management.action_report_deadline"
            return self._show_report(deadline, report_type, report, download=download)
        values = {
            "deadline": deadline,
            "page_name": "deadline",
            "is_own": request.env["deadline.deadline"].browse(deadline.id).has_access("read"),
            "renewal": self._prepare_renewal_preview(deadline),
            **self._prepare_deadline_documents(deadline),
        }
        values = self._get_page_view_values(
            deadline,
            access_token,
            values,
            "my_deadlines_history",
            False,
            **submap(parameters, self._PAGE_PARAMETERS),
        )
        return request.render("deadline_management.portal_deadline", values)

    @http.route(
        "/my/deadlines/<int:deadline_id>/calendar", type="http", auth="public", website=True
    )
    def portal_deadline_calendar(self, deadline_id, access_token=None, **_parameters):
        """Give the end of one deadline as an iCalendar file."""
        try:
            deadline = self._document_check_access("deadline.deadline", deadline_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        return request.make_response(
            deadline._get_calendar(),
            [
                ("Content-Type", "text/calendar; charset=utf-8"),
                ("Content-Disposition", content_disposition(f"{deadline.name}.ics")),
            ],
        )

    def _search_page(self, model, domain, order, page, url, arguments):
        """Return a page of what the customer finds, and its pager.

        It is the customer's own search; what it finds is shown with all its names, even of a
        product that is no longer published.
        """
        own = request.env[model]
        numbers = pager(
            url=url,
            url_args=arguments,
            total=own.search_count(domain),
            page=self._get_page(page),
            step=self._items_per_page,
        )
        found = own.search(
            domain, order=order, limit=self._items_per_page, offset=numbers["offset"]
        )
        return found.sudo(), numbers

    def _get_page(self, page):
        """Return the number of a page: the first where a query asks for what is no number."""
        text = str(page)
        return int(text) if text.isdecimal() and len(text) < 10 else 1

    def _prepare_deadline_documents(self, deadline):
        """Return the orders and posted invoices of the service that the visitor may read."""
        orders = deadline.history_ids.order_id
        invoices = orders.invoice_ids.filtered(lambda invoice: invoice.state == "posted")
        own = (
            request.env["sale.order"].browse(orders.ids),
            request.env["account.move"].browse(invoices.ids),
        )
        visible_orders, visible_invoices = (
            records._filtered_access("read").sudo() for records in own
        )
        return {"visible_orders": visible_orders, "visible_invoices": visible_invoices}

    def _prepare_renewal_preview(self, deadline):
        """Return what renewing today would buy: the period, and its price as a cart shows it.

        The price comes from an order that is never saved, so that it is that of the cart.
        """
        if deadline._get_cart_problem():
            return {}
        website = request.website
        values = website._prepare_sale_order_values(deadline.partner_id)
        order = request.env["sale.order"].sudo().new(values)
        line = order.order_line.new({**deadline._prepare_renewal_order_line(), "order_id": order})
        period = deadline._prepare_renewal_period(deadline.company_id._deadline_today())
        env, price = request.env, line._get_cart_display_price()
        offer = env._(
            "If you renew today: from %(start)s to %(end)s, for %(price)s",
            start=format_date(env, period["date_start"]),
            end=format_date(env, period["date_end"]),
            price=format_amount(env, price, order.currency_id),
        )
        return {**period, "price": price, "currency": order.currency_id, "offer": offer}

    @http.route("/my/deadlines/renew", type="http", auth="user", methods=["POST"], website=True)
    def portal_renew_deadlines(self, **parameters):
        """Put the renewal of one or several deadlines in the cart and go to the checkout.

        What cannot be renewed is said in the cart and leaves the rest of it alone.
        """
        chosen = request.httprequest.form.getlist("deadline_id")
        ids = [int(number) for number in chosen if number.isdecimal() and len(number) < 10]
        # As the customer: what belongs to others is not found.
        deadlines_sudo = request.env["deadline.deadline"].search([("id", "in", ids)]).sudo()
        awaiting = deadlines_sudo._get_renewal_awaiting_payment()
        deadlines_sudo = deadlines_sudo.filtered(
            lambda deadline: not awaiting.order_line._filter_renewing(deadline)
        )
        if not deadlines_sudo:
            if awaiting:
                return request.redirect(awaiting[:1].get_portal_url())
            error = request.env._("Nothing is ticked: tick what you want to renew.")
            return self._render_deadlines(1, parameters, error)
        cart = request.cart or request.website._create_cart()
        try:
            problems = cart._renew_in_cart(deadlines_sudo)
        except UserError as error:
            problems = [str(error)]
        if problems:
            cart.shop_warning = "\n".join(problems)
            return request.redirect("/shop/cart")
        return request.redirect("/shop/checkout?try_skip_step=true")

    def _prepare_deadline_searchbar(
        self, sortby=None, filterby=None, groupby=None, search="", search_in=None
    ):
        """Return the choices of the search bar and what is chosen, known values only."""
        env = request.env
        sortings = {
            "end": {"label": env._("End Date"), "order": "date_end, id"},
            "start": {"label": env._("Start Date"), "order": "date_start desc, id desc"},
            "amount": {"label": env._("Amount"), "order": "amount desc, id"},
        }
        filters = {
            "active": {"label": env._("Active")},
            "renew": {"label": env._("To renew")},
            "concluded": {"label": env._("Concluded")},
            "all": {"label": env._("All")},
        }
        groups = {
            "none": {"label": env._("None")},
            "product_id": {"label": env._("Product")},
            "state": {"label": env._("Status")},
        }
        inputs = {
            "all": {"input": "all", "label": env._("Search in All")},
            "product": {"input": "product", "label": env._("Search in Product")},
            "reference": {"input": "reference", "label": env._("Search in Reference")},
        }
        return {
            "searchbar_sortings": sortings,
            "searchbar_filters": filters,
            "searchbar_groupby": groups,
            "searchbar_inputs": inputs,
            "sortby": sortby if sortby in sortings else "end",
            "filterby": filterby if filterby in filters else "active",
            "groupby": groupby if groupby in groups else "none",
            "search_in": search_in if search_in in inputs else "all",
            "search": search.replace("\0", ""),  # which PostgreSQL cannot look for
        }

    def _get_deadline_domain(self, filterby, search, search_in, **_others):
        """Return the domain of what the search bar asks for."""
        domain = {
            "active": Domain("state", "=", "active"),
            "concluded": Domain("state", "in", ("renewed", "expired", "withdrawn")),
        }.get(filterby, Domain("state", "!=", "cancelled"))
        if filterby == "renew":
            due = request.env["deadline.deadline"]._search_portal_renewable()
            domain = Domain("id", "in", due.ids)
        if search:
            # "any!": also products that the shop shows no more
            product = Domain("product_id", "any!", [("name", "ilike", search)])
            reference = Domain("name", "ilike", search) | Domain("description", "ilike", search)
            domain &= {"product": product, "reference": reference}.get(
                search_in, product | reference
            )
        return domain
