import {
    Component,
    onWillUnmount,
    toRaw,
    useEffect,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import { useCommand } from "@web/core/commands/command_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Mutex } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
import { formatInteger } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { DailyActions } from "./daily_actions";
import { DashboardTile } from "./dashboard_tile";
import { UpcomingRenewals } from "./upcoming_renewals";

/**
 * The start of the day: how the current company's deadlines stand, what ends next, and what is
 * to be done. Everything comes from one call, `deadline.dashboard.retrieve()`, and what the
 * user has no right to see is missing from its answer.
 */
export class DeadlineDashboard extends Component {
    static template = "deadline_management.DeadlineDashboard";
    static components = { DailyActions, DashboardTile, Layout, UpcomingRenewals };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.notification = useService("notification");
        this.rootRef = useRef("root");
        // Not KeepLast: what waits for a superseded call would wait for ever.
        this.loading = new Mutex();
        // Who comes back by the breadcrumb sees at once what was there.
        const { data = null, mine = true } = this.props.state || {};
        this.state = useState({ data, mine, isBusy: false, hasFailed: false, spoken: "" });
        /** Finds what is to have the focus once what was loaded is shown. */
        this.findFocus = null;
        useEffect(
            () => {
                this.findFocus?.()?.focus();
                this.findFocus = null;
            },
            () => [this.state.data],
        );
        // Elsewhere there is nothing to take back.
        this.closeOffer = () => {};
        onWillUnmount(() => this.closeOffer());
        useCommand(_t("Next row"), () => this.moveFocus(1), { hotkey: "alt+n" });
        useCommand(_t("Previous row"), () => this.moveFocus(-1), { hotkey: "alt+p" });
        useSetupAction({
            rootRef: this.rootRef,
            getLocalState: () => ({ data: toRaw(this.state.data), mine: this.state.mine }),
        });
        useExternalListener(document, "visibilitychange", this.onVisibilityChange);
        this.load();
    }

    load() {
        return this.loading.exec(async () => {
            try {
                this.state.data = await this.orm.call("deadline.dashboard", "retrieve", [], {
                    mine: this.state.mine,
                });
                this.state.hasFailed = false;
            } catch (error) {
                this.state.hasFailed = true;
                throw error;
            }
        });
    }

    get jumps() {
        const { actions, renewals } = this.state.data;
        return [
            renewals && {
                target: ".o_deadline_renewals",
                label: _t("Renewals (%s)", formatInteger(renewals.total)),
            },
            actions && {
                target: ".o_deadline_actions",
                label: _t("To do (%s)", formatInteger(actions.total)),
            },
        ].filter(Boolean);
    }

    /** On a phone one widget is below the other. */
    jump(target) {
        const title = this.rootRef.el.querySelector(`${target} h2`);
        title.scrollIntoView();
        title.focus({ preventScroll: true });
    }

    /** Move the focus to the row after or before the one that has it. */
    moveFocus(step) {
        const rows = [...this.rootRef.el.querySelectorAll(".o_deadline_row")];
        const now = rows.findIndex((row) => row.contains(document.activeElement));
        const next = now === -1 && step < 0 ? rows.length - 1 : now + step;
        rows[next]?.querySelector(".o_deadline_open").focus();
    }

    setMine(mine) {
        this.state.mine = mine;
        return this.load();
    }

    /**
     * Call a method of an activity and show and say what came of it, also when it failed: a
     * colleague may have been faster. Until then every further click is ignored. The button that
     * was pressed is gone: the focus goes to the next action, or to what is left of this one.
     *
     * @param {number} id
     * @param {string} method
     * @param {any[]} [args]
     * @param {Object} [kwargs]
     */
    async callActivity(id, method, args = [], kwargs = {}) {
        if (this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        const following = this.getRowAfter(id);
        try {
            await this.orm.call("mail.activity", method, [[id], ...args], kwargs);
            this.findFocus = () => this.getButton(following) || this.getButton(id);
        } finally {
            await this.load().finally(() => {
                this.state.isBusy = false;
            });
        }
        this.sayWhatCame(this.state.data.actions.rows.find((row) => row.id === id));
    }

    /** Return the id of the open action below another, for which nothing is to be done any more. */
    getRowAfter(id) {
        const { rows } = this.state.data.actions;
        const index = rows.findIndex((row) => row.id === id);
        return rows[index]?.done ? id : rows.slice(index + 1).find((row) => !row.done)?.id;
    }

    getButton(id) {
        const row = this.rootRef.el?.querySelector(`.o_deadline_action[data-id="${id}"]`);
        return (
            row?.querySelector(":scope > button, .o_deadline_outcomes button") ||
            row?.querySelector(".o_deadline_open")
        );
    }

    /** Say that an action is closed, and offer to take it back, or say that it is open again. */
    sayWhatCame(row) {
        if (!row) {
            return;
        }
        const values = {
            action: row.summary || row.type || row.res_name,
            customer: row.customer.name,
            outcome: row.outcome || _t("Done"),
            count: formatInteger(this.state.data.actions.total),
        };
        if (!row.done) {
            this.state.spoken = _t("%(action)s, %(customer)s: open again. %(count)s left.", values);
            return;
        }
        // It is read aloud as an alert.
        this.closeOffer();
        this.closeOffer = this.notification.add(
            _t("%(action)s, %(customer)s: %(outcome)s. %(count)s left.", values),
            {
                type: "success",
                autocloseDelay: 10000,
                buttons: [
                    {
                        name: _t("Undo"),
                        onClick: () => {
                            this.closeOffer();
                            return this.callActivity(row.id, "action_reopen");
                        },
                    },
                ],
            },
        );
    }

    onVisibilityChange() {
        if (document.visibilityState === "visible") {
            this.load();
        }
    }
}

registry.category("actions").add("deadline_dashboard", DeadlineDashboard);
