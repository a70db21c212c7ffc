import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { formatInteger, formatMonetary, formatPercentage } from "@web/views/fields/formatters";

/** A number, the money behind it, and the list of what it counts. */
export class DashboardTile extends Component {
    static template = "deadline_management.DashboardTile";
    static props = {
        tile: Object,
        currencyId: Number,
    };

    setup() {
        this.action = useService("action");
    }

    get isRate() {
        return this.props.tile.name === "renewal_rate";
    }

    /** Whether the money says more than how many there are. */
    get isMoney() {
        return this.props.tile.name === "active";
    }

    get isWarning() {
        return this.props.tile.name === "unpaid" && this.props.tile.count > 0;
    }

    get money() {
        const { currencyId, tile } = this.props;
        return formatMonetary(tile.amount, { currencyId });
    }

    get value() {
        const { count, rate } = this.props.tile;
        if (this.isMoney) {
            return this.money;
        }
        if (!this.isRate) {
            return formatInteger(count);
        }
        return rate === false ? "–" : formatPercentage(rate / 100);
    }

    get detail() {
        const count = formatInteger(this.props.tile.count);
        if (this.isMoney) {
            return _t("%s running", count);
        }
        return this.isRate
            ? _t("%(count)s due, %(money)s", { count, money: this.money })
            : this.money;
    }

    open() {
        const { domain, label, model } = this.props.tile;
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: label,
            res_model: model,
            views: [
                [false, "list"],
                [false, "kanban"],
                [false, "form"],
            ],
            domain,
        });
    }
}
