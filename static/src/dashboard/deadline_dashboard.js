import { Component, toRaw, useExternalListener, useRef, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { Mutex } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { Layout } from "@web/search/layout";
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
        this.rootRef = useRef("root");
        // Not KeepLast: what waits for a superseded call would wait for ever.
        this.loading = new Mutex();
        // Who comes back by the breadcrumb sees at once what was there.
        const { data = null, mine = true } = this.props.state || {};
        this.state = useState({ data, mine, isBusy: false, hasFailed: false });
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

    setMine(mine) {
        this.state.mine = mine;
        return this.load();
    }

    /**
     * Call a method of an activity and show what came of it, also when it failed: a colleague
     * may have been faster. Until then every further click is ignored.
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
        try {
            await this.orm.call("mail.activity", method, [[id], ...args], kwargs);
        } finally {
            await this.load().finally(() => {
                this.state.isBusy = false;
            });
        }
    }

    onVisibilityChange() {
        if (document.visibilityState === "visible") {
            this.load();
        }
    }
}

registry.category("actions").add("deadline_dashboard", DeadlineDashboard);
