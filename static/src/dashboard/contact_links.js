import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** A customer: the name opens it, and what is known of phone and e-mail reaches it. */
export class ContactLinks extends Component {
    static template = "deadline_management.ContactLinks";
    static props = { customer: Object, id: { type: String, optional: true } };

    setup() {
        this.action = useService("action");
    }

    get callLabel() {
        return _t("Call %(name)s: %(phone)s", this.props.customer);
    }

    get mailLabel() {
        return _t("Write to %(name)s: %(email)s", this.props.customer);
    }

    /** Customers write their own addresses, and those may hold more: "?bcc=" is for nobody. */
    get mailHref() {
        return `mailto:${encodeURIComponent(this.props.customer.email).replaceAll("%40", "@")}`;
    }

    get phoneHref() {
        return `tel:${this.props.customer.phone.replace(/\s+/g, "")}`;
    }

    open() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "res.partner",
            res_id: this.props.customer.id,
            views: [[false, "form"]],
        });
    }
}
