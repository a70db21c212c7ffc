import { Component, useState } from "@odoo/owl";
import { deserializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { groupBy } from "@web/core/utils/arrays";
import { useService } from "@web/core/utils/hooks";
import { formatInteger, formatMonetary } from "@web/views/fields/formatters";

import { ContactLinks } from "./contact_links";

const BADGES = {
    open: "text-bg-warning",
    in_progress: "bg-info-subtle text-info-emphasis",
    late: "text-bg-danger",
};

/** The deadlines that end soon, by day. */
export class UpcomingRenewals extends Component {
    static template = "deadline_management.UpcomingRenewals";
    static components = { ContactLinks };
    static props = { renewals: Object, reload: Function };

    setup() {
        this.action = useService("action");
        this.state = useState({ isRenewing: false });
    }

    get allLabel() {
        return _t("All %s", formatInteger(this.props.renewals.total));
    }

    get emptyLabel() {
        const { days } = this.props.renewals;
        return days === 1
            ? _t("Nothing ends today or tomorrow.")
            : _t("Nothing ends in the next %s days.", days);
    }

    get groups() {
        return Object.entries(groupBy(this.props.renewals.rows, "day")).map(([day, rows]) => ({
            day,
            date: deserializeDate(day).toLocaleString({
                weekday: "long",
                day: "numeric",
                month: "long",
            }),
            distance: this.getDistance(rows[0].days_left),
            rows,
        }));
    }

    getId(row, part) {
        return `o_deadline_renewal_${row.id}_${part}`;
    }

    /** Return the ids of what names a button: its own words, the service, the customer. */
    getName(row, part) {
        return [part, "title", "customer"].map((one) => this.getId(row, one)).join(" ");
    }

    getDistance(days) {
        return [_t("today"), _t("tomorrow")][days] || _t("in %s days", days);
    }

    getDaysLeft(days) {
        return [_t("last day"), _t("1 day left")][days] || _t("%s days left", days);
    }

    getBadge(row) {
        return BADGES[row.renewal_status] || "text-bg-300";
    }

    formatAmount(row) {
        return formatMonetary(row.amount, { currencyId: row.currency_id });
    }

    open(row) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "deadline.deadline",
            res_id: row.id,
            views: [[false, "form"]],
        });
    }

    openAll() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Upcoming renewals"),
            res_model: "deadline.deadline",
            views: [
                [false, "list"],
                [false, "kanban"],
                [false, "form"],
            ],
            domain: this.props.renewals.domain,
        });
    }

    openDeadlines() {
        return this.action.doAction("deadline_management.deadline_deadline_action");
    }

    onRowClick(ev, row) {
        if (!ev.target.closest("a, button")) {
            this.open(row);
        }
    }

    /** Record what was done about a deadline, or plan it. */
    record(row) {
        return this.action.doAction("deadline_management.deadline_action_wizard_action", {
            additionalContext: {
                active_model: "deadline.deadline",
                active_id: row.id,
                active_ids: [row.id],
            },
            onClose: async () => {
                await this.props.reload();
                document.getElementById(this.getId(row, "record"))?.focus();
            },
        });
    }

    async renew(row) {
        if (this.state.isRenewing) {
            return;
        }
        this.state.isRenewing = true;
        try {
            await this.action.doActionButton({
                type: "object",
                name: "action_renew",
                resModel: "deadline.deadline",
                resId: row.id,
                context: user.context,
            });
        } finally {
            this.state.isRenewing = false;
        }
    }
}
