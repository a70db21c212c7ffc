import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { formatInteger } from "@web/views/fields/formatters";

import { DailyAction } from "./daily_action";

/** What is to be done today, what is late, and what was done today. */
export class DailyActions extends Component {
    static template = "deadline_management.DailyActions";
    static components = { DailyAction };
    static props = {
        actions: Object,
        mine: Boolean,
        isBusy: Boolean,
        setMine: Function,
        callActivity: Function,
    };

    setup() {
        this.action = useService("action");
    }

    get allLabel() {
        return _t("All %s", formatInteger(this.props.actions.total));
    }

    get choices() {
        return [
            { mine: true, label: _t("Mine") },
            { mine: false, label: _t("Everybody's") },
        ];
    }

    openAll() {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("To do today"),
            res_model: "mail.activity",
            views: [
                [false, "list"],
                [false, "kanban"],
                [false, "form"],
            ],
            domain: this.props.actions.domain,
        });
    }

    openCustomers() {
        return this.action.doAction("base.action_partner_form");
    }
}
