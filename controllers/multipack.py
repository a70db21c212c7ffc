from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools.misc import submap

from .portal import DeadlinePortal


class MultipackPortal(DeadlinePortal):
    """The customer's multipacks: what is in them, what is paid, and how the rest is paid."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "multipack_count" in counters:
            multipacks = request.env["deadline.multipack"]
            may = multipacks.has_access("read")
            domain = self._get_multipack_domain("all")
            values["multipack_count"] = multipacks.search_count(domain, limit=1) if may else 0
        return values

    @http.route(
        ["/my/multipacks", "/my/multipacks/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
    )
    def portal_my_multipacks(self, page=1, sortby=None, filterby=None, **_parameters):
        """Show the customer's multipacks. Parameters that are not known are left aside."""
        values = self._prepare_portal_layout_values()
        values |= self._prepare_multipack_searchbar(sortby, filterby)
        found, values["pager"] = self._search_page(
            "deadline.multipack",
            self._get_multipack_domain(values["filterby"]),
            values["searchbar_sortings"][values["sortby"]]["order"],
            page,
            "/my/multipacks",
            {"sortby": values["sortby"], "filterby": values["filterby"]},
        )
        request.session["my_multipacks_history"] = found.ids[:100]
        values |= {
            "multipacks": found,
            "page_name": "multipack",
            "default_url": "/my/multipacks",
        }
        return request.render("deadline_management.portal_my_multipacks", values)

    @http.route("/my/multipacks/<int:multipack_id>", type="http", auth="public", website=True)
    def portal_multipack(
        self, multipack_id, access_token=None, report_type=None, download=False, **parameters
    ):
        """Show or print one multipack, to its customer or to whoever has its link."""
        try:
            multipack = self._document_check_access(
                "deadline.multipack", multipack_id, access_token
            )
        except (AccessError, MissingError):
            return request.redirect("/my")
        if report_type in ("html", "pdf", "text"):
            report = "deadline_management.action_report_multipack"
            return self._show_report(multipack, report_type, report, download=download)
        return self._render_multipack(multipack, access_token, parameters)

    @http.route(
        "/my/multipacks/<int:multipack_id>/payment_method",
        type="http",
        auth="user",
        methods=["POST"],
        website=True,
    )
    def portal_multipack_payment_method(self, multipack_id, token_id="", **_parameters):
        """Have the installments to come charged to another of the customer's payment methods."""
        # As the customer: what belongs to others is not found.
        domain = [("id", "=", multipack_id), ("state", "in", ("active", "ended"))]
        multipack_sudo = request.env["deadline.multipack"].search(domain).sudo()
        if not multipack_sudo:
            return request.redirect("/my/multipacks")
        tokens = self._get_payment_tokens(multipack_sudo)
        token = tokens.filtered(lambda one: str(one.id) == token_id)
        if not token:
            return request.redirect(multipack_sudo.access_url)
        try:
            multipack_sudo._set_payment_token(token)
        except UserError as error:
            return self._render_multipack(multipack_sudo, error=str(error))
        return request.redirect(f"{multipack_sudo.access_url}?saved=1")

    def _render_multipack(self, multipack, access_token=None, parameters=(), error=None):
        """Return the page of one multipack, a superuser's record that the visitor may see.

        :param dict parameters: of the address
        :param str error: what to tell the visitor, never what an address says
        """
        is_own = request.env["deadline.multipack"].browse(multipack.id).has_access("read")
        deadline = multipack._get_current_deadlines()[:1]
        values = {
            "multipack": multipack,
            "page_name": "multipack",
            "is_own": is_own,
            "error": error,
            "is_saved": is_own and "saved" in parameters,
            "tokens": self._get_payment_tokens(multipack) if is_own else [],
            "visible_invoices": self._get_visible_invoices(multipack),
            "deadline": deadline,
            "renewal": self._prepare_renewal_preview(deadline) if deadline else {},
        }
        values = self._get_page_view_values(
            multipack,
            access_token,
            values,
            "my_multipacks_history",
            False,
            **submap(parameters, self._PAGE_PARAMETERS),
        )
        return request.render("deadline_management.portal_multipack", values)

    def _get_visible_invoices(self, multipack):
        """Return the posted invoices of the installments that the visitor may read."""
        posted = multipack.installment_ids.move_id.filtered(lambda move: move.state == "posted")
        own = request.env["account.move"].browse(posted.ids)
        return own._filtered_access("read").sudo()

    def _get_payment_tokens(self, multipack):
        """Return the saved payment methods of the visitor and of the visitor's company.

        Only those that the multipack's company can charge.
        """
        partner = request.env.user.partner_id
        tokens = request.env["payment.token"].sudo()
        found = tokens._get_available_tokens(None, partner.id, is_validation=True)
        return found.filtered(lambda token: token.company_id in multipack.company_id.parent_ids)

    def _prepare_multipack_searchbar(self, sortby, filterby):
        """Return the choices of the search bar and what is chosen, known values only."""
        env = request.env
        sortings = {
            "start": {"label": env._("Start Date"), "order": "date_start desc, id desc"},
            "end": {"label": env._("End Date"), "order": "date_end, id"},
            "name": {"label": env._("Reference"), "order": "name, id"},
        }
        filters = {
            "active": {"label": env._("Active")},
            "over": {"label": env._("Over")},
            "all": {"label": env._("All")},
        }
        return {
            "searchbar_sortings": sortings,
            "searchbar_filters": filters,
            "sortby": sortby if sortby in sortings else "start",
            "filterby": filterby if filterby in filters else "all",
        }

    def _get_multipack_domain(self, filterby):
        """Return the domain of what the search bar asks for."""
        states = {"active": ["active"], "over": ["ended", "withdrawn"]}
        return Domain("state", "in", states.get(filterby, ["active", "ended", "withdrawn"]))
