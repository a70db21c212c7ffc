import { Component, onWillUpdateProps, useRef, useState } from "@odoo/owl";
import { deserializeDate, toLocaleDateString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useAutofocus, useService } from "@web/core/utils/hooks";

import { ContactLinks } from "./contact_links";

/** After how many days a customer may be called again. */
const CALL_AGAIN = [3, 7, 30];

/** An action of the day, closed with a click: a recall with its outcome, any other as done. */
export class DailyAction extends Component {
    static template = "deadline_management.DailyAction";
    static components = { ContactLinks };
    static props = {
        action: Object,
        callActivity: Function,
    };

    setup() {
        this.actionService = useService("action");
        this.state = useState({ isLost: false, reason: "" });
        this.lostRef = useRef("lost");
        useAutofocus({ refName: "reason", mobile: true });
        onWillUpdateProps(({ action }) => {
            if (action.done) {
                Object.assign(this.state, { isLost: false, reason: "" });
            }
        });
    }

    getId(part) {
        return `o_deadline_action_${this.props.action.id}_${part}`;
    }

    /** Return the ids of what names a button: its own words, the action, the customer. */
    getName(...parts) {
        return [...parts, "title", "customer"].map((part) => this.getId(part)).join(" ");
    }

    get isRecall() {
        return this.props.action.base_type === "recall";
    }

    get title() {
        const { summary, type, res_name } = this.props.action;
        return summary || type || res_name;
    }

    /** What tells it from others, without what the title and the customer's name say already. */
    get details() {
        const { customer, done, res_name, type, user } = this.props.action;
        const details = [type, res_name, done ? "" : user];
        return details
            .filter((detail) => detail && ![this.title, customer.name].includes(detail))
            .join(" · ");
    }

    get overdueLabel() {
        return _t("Overdue since %s", toLocaleDateString(deserializeDate(this.props.action.day)));
    }

    get doneLabel() {
        const { done_by, outcome } = this.props.action;
        const label = done_by ? _t("Done by %s", done_by) : _t("Done");
        return outcome ? `${label} · ${outcome}` : label;
    }

    get callAgainChoices() {
        return CALL_AGAIN.map((days) => ({ days, label: _t("%s days", days) }));
    }

    callActivity(method, args, kwargs) {
        return this.props.callActivity(this.props.action.id, method, args, kwargs);
    }

    close(outcome, values = {}) {
        return this.callActivity("action_close_recall", [outcome], values);
    }

    closeAsLost() {
        const reason = this.state.reason.trim();
        if (reason) {
            return this.close("lost", { reason });
        }
    }

    markDone() {
        return this.callActivity("action_feedback");
    }

    reopen() {
        return this.callActivity("action_reopen");
    }

    toggleLost() {
        this.state.isLost = !this.state.isLost;
    }

    /** Who thinks again is back at the button. */
    onReasonKeydown(ev) {
        if (ev.key === "Escape") {
            this.toggleLost();
            this.lostRef.el.focus();
        }
    }

    open() {
        const { res_id, res_model } = this.props.action;
        return this.actionService.doAction({
            type: "ir.actions.act_window",
            res_model,
            res_id,
            views: [[false, "form"]],
        });
    }

    onClick(ev) {
        if (!ev.target.closest("a, button, form")) {
            this.open();
        }
    }
}
