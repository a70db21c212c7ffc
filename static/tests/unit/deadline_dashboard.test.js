import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, edit, press, queryAll, queryAllTexts, queryFirst } from "@odoo/hoot-dom";
import { animationFrame, Deferred, mockDate } from "@odoo/hoot-mock";
import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import {
    getService,
    makeServerError,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";

describe.current.tags("desktop");
defineMailModels();

const DOMAIN = [
    ["company_id", "=", 1],
    ["days_left", "<=", 7],
];
const CUSTOMER = { id: 7, name: "Acme", phone: "+39 06 123", email: "acme@example.com" };

function makeTile(name, label, values = {}) {
    const model = "deadline.deadline";
    return { name, label, model, count: 3, amount: 1200, rate: false, domain: DOMAIN, ...values };
}

function makeRenewal(id, values = {}) {
    return {
        id,
        name: `DL0000${id}`,
        day: "2026-03-10",
        days_left: 0,
        customer: CUSTOMER,
        product: "Hosting",
        description: "acme.org",
        amount: 100,
        currency_id: 1,
        renewal_status: "open",
        renewal_label: "To renew",
        may_renew: true,
        ...values,
    };
}

function makeAction(id, values = {}) {
    return {
        id,
        type: "To-Do",
        icon: "fa-tasks",
        base_type: "generic",
        summary: `Action ${id}`,
        customer: CUSTOMER,
        res_model: "deadline.deadline",
        res_id: 40 + id,
        res_name: "DL00001",
        day: "2026-03-10",
        overdue: false,
        user: "Mitchell",
        done: false,
        done_by: "",
        outcome: "",
        may_write: true,
        ...values,
    };
}

let data;

beforeEach(() => {
    mockDate("2026-03-10 09:00:00");
    data = {
        today: "2026-03-10",
        currency_id: 1,
        tiles: [
            makeTile("active", "Active capital"),
            makeTile("renewal_rate", "Renewal rate", { rate: 67 }),
        ],
        renewals: {
            days: 7,
            total: 3,
            domain: DOMAIN,
            rows: [
                makeRenewal(1),
                makeRenewal(2, { day: "2026-03-11", days_left: 1, may_renew: false }),
                makeRenewal(3, { day: "2026-03-13", days_left: 3, renewal_status: "late" }),
            ],
        },
        actions: {
            mine: true,
            total: 2,
            domain: DOMAIN,
            rows: [
                makeAction(1, { day: "2026-03-08", overdue: true }),
                makeAction(2, { base_type: "recall", type: "Recall", icon: "fa-phone" }),
                makeAction(3, { done: true, done_by: "Joel", outcome: "Reached" }),
            ],
        },
    };
    onRpc("deadline.dashboard", "retrieve", ({ kwargs }) => {
        expect.step(`retrieve ${kwargs.mine ? "mine" : "all"}`);
        return data;
    });
    onRpc("mail.activity", "*", ({ args, kwargs, method }) => {
        const { days, reason } = kwargs;
        expect.step([method, ...args, days, reason].filter((value) => value !== undefined));
        return true;
    });
});

/** Show the dashboard, and have every action that it opens recorded instead of opened. */
async function mountDashboard() {
    await mountWithCleanup(WebClient);
    const action = getService("action");
    await action.doAction({ type: "ir.actions.client", tag: "deadline_dashboard" });
    patchWithCleanup(action, {
        async doAction(request) {
            expect.step(request);
        },
    });
    await animationFrame();
    expect.verifySteps(["retrieve mine"]);
}

function getAction(id) {
    return `.o_deadline_action[data-id='${id}']`;
}

/** The calls that a click makes: that of the activity, and that for what came of it. */
function verifyCall(...call) {
    expect.verifySteps([call, "retrieve mine"]);
}

describe("tiles", () => {
    test("show the number and the money, or the rate", async () => {
        await mountDashboard();
        expect(queryAllTexts(".o_deadline_tile_value")).toEqual(["$ 1,200.00", "67%"]);
        expect(queryAllTexts(".o_deadline_tile_detail")).toEqual([
            "3 running",
            "3 due, $ 1,200.00",
        ]);
        expect(".o_deadline_tile:first").not.toHaveAttribute("aria-label");
    });

    test("what is unpaid warns, nothing else does", async () => {
        data.tiles.push(makeTile("unpaid", "Unpaid"));
        await mountDashboard();
        expect(".o_deadline_tile .fa-exclamation-triangle").toHaveCount(1);
        expect(".o_deadline_tile[data-tile='unpaid'] .fa-exclamation-triangle").toHaveCount(1);
        data.tiles[2].count = 0;
        document.dispatchEvent(new Event("visibilitychange"));
        await animationFrame();
        expect.verifySteps(["retrieve mine"]);
        expect(".o_deadline_tile .fa-exclamation-triangle").toHaveCount(0);
    });

    test("a rate of nothing is no rate, a rate of none is zero", async () => {
        data.tiles = [
            makeTile("renewal_rate", "Renewal rate", { count: 0, amount: 0 }),
            makeTile("renewal_rate_", "Not a rate", { count: 0, amount: 0 }),
        ];
        await mountDashboard();
        expect(queryAllTexts(".o_deadline_tile_value")).toEqual(["–", "0"]);
    });

    test("open the list that they count", async () => {
        data.tiles.push(makeTile("unpaid", "Unpaid", { model: "deadline.installment" }));
        await mountDashboard();
        const views = [
            [false, "list"],
            [false, "kanban"],
            [false, "form"],
        ];
        const list = { type: "ir.actions.act_window", views, domain: DOMAIN };
        await click(".o_deadline_tile[data-tile='active']");
        expect.verifySteps([{ ...list, name: "Active capital", res_model: "deadline.deadline" }]);
        await click(".o_deadline_tile[data-tile='unpaid']");
        expect.verifySteps([{ ...list, name: "Unpaid", res_model: "deadline.installment" }]);
    });
});

describe("upcoming renewals", () => {
    test("are grouped by day", async () => {
        await mountDashboard();
        expect(queryAllTexts(".o_deadline_day")).toEqual([
            "Tuesday, March 10\ntoday",
            "Wednesday, March 11\ntomorrow",
            "Friday, March 13\nin 3 days",
        ]);
        expect(".o_deadline_renewal").toHaveCount(3);
        expect(".o_deadline_renewal:first").toHaveText(/Hosting · acme.org/);
        expect(".o_deadline_renewal:first").toHaveText(/\$ 100.00/);
        expect(".o_deadline_renewal:first").toHaveText(/To renew/);
        expect(".o_deadline_renewal:last").toHaveText(/3 days left/);
    });

    test("record an action", async () => {
        await mountDashboard();
        await click(".o_deadline_renewal:first .o_deadline_record");
        expect.verifySteps(["deadline_management.deadline_action_wizard_action"]);
    });

    test("tell how to reach the customer", async () => {
        data.renewals.rows[1].customer = { ...CUSTOMER, phone: "", email: "" };
        await mountDashboard();
        expect(".o_deadline_renewal:first a[href='tel:+3906123']").toHaveCount(1);
        expect(".o_deadline_renewal:first a[href='mailto:acme@example.com']").toHaveCount(1);
        expect(".o_deadline_renewal:eq(1) a").toHaveCount(0);
    });

    test("an address of a customer adds nothing to the e-mail", async () => {
        const email = "ann@example.com?bcc=evil@example.com&body=x";
        data.renewals.rows[0].customer = { ...CUSTOMER, email };
        await mountDashboard();
        expect(".o_deadline_renewal:first a[href^='mailto:']").toHaveAttribute(
            "href",
            "mailto:ann@example.com%3Fbcc%3Devil@example.com%26body%3Dx",
        );
    });

    test("open the deadline, the customer and the list", async () => {
        await mountDashboard();
        const form = { type: "ir.actions.act_window", views: [[false, "form"]] };
        await click(".o_deadline_renewal:first .o_deadline_open");
        expect.verifySteps([{ ...form, res_model: "deadline.deadline", res_id: 1 }]);
        await click(".o_deadline_renewal:first .badge");
        expect.verifySteps([{ ...form, res_model: "deadline.deadline", res_id: 1 }]);
        await click(".o_deadline_renewal:first .o_deadline_customer");
        expect.verifySteps([{ ...form, res_model: "res.partner", res_id: 7 }]);
        await click(".o_deadline_renewals .o_deadline_all");
        expect.verifySteps([
            {
                type: "ir.actions.act_window",
                name: "Upcoming renewals",
                res_model: "deadline.deadline",
                views: [
                    [false, "list"],
                    [false, "kanban"],
                    [false, "form"],
                ],
                domain: DOMAIN,
            },
        ]);
    });

    test("lead to the quotation that there is, and name it after the service", async () => {
        data.renewals.rows[0].renewal_status = "in_progress";
        await mountDashboard();
        expect(queryAllTexts(".o_deadline_renew_now")).toEqual(["Quotation", "Renew"]);
        const ids = queryFirst(".o_deadline_renew_now").getAttribute("aria-labelledby").split(" ");
        const words = ids.map((id) => document.getElementById(id).textContent.trim());
        expect(words).toEqual(["Quotation", "Hosting · acme.org", "Acme"]);
    });

    test("are renewed once, by those who may", async () => {
        const answer = new Deferred();
        onRpc("deadline.deadline", "action_renew", ({ args }) => {
            expect.step(`renew ${args[0]}`);
            return answer;
        });
        await mountDashboard();
        expect(".o_deadline_renew_now").toHaveCount(2);
        await click(".o_deadline_renew_now:first");
        await click(".o_deadline_renew_now:first");
        await animationFrame();
        expect.verifySteps(["renew 1"]);
        expect(".o_deadline_renew_now:first").not.toBeEnabled();
        answer.resolve(true);
        await animationFrame();
        await animationFrame();
        expect(".o_deadline_renew_now:first").toBeEnabled();
    });

    test("say so when there are none", async () => {
        data.renewals = { days: 7, total: 0, domain: DOMAIN, rows: [] };
        await mountDashboard();
        expect(".o_deadline_renewals .o_deadline_empty").toHaveText(
            /Nothing ends in the next 7 days./,
        );
        expect(".o_deadline_renewals .o_deadline_all").toHaveCount(0);
        await click(".o_deadline_renewals .o_deadline_empty button");
        expect.verifySteps(["deadline_management.deadline_deadline_action"]);
    });
});

describe("to do today", () => {
    test("tells the overdue from the done, and by words", async () => {
        await mountDashboard();
        expect(getAction(1)).toHaveText(/Overdue since Mar 8/);
        expect(getAction(2)).not.toHaveText(/Overdue/);
        expect(`${getAction(3)} .o_deadline_open`).toHaveClass("text-decoration-line-through");
        expect(getAction(3)).toHaveText(/Done by Joel · Reached/);
    });

    test("opens the document", async () => {
        await mountDashboard();
        await click(`${getAction(1)} .o_deadline_open`);
        expect.verifySteps([
            {
                type: "ir.actions.act_window",
                res_model: "deadline.deadline",
                res_id: 41,
                views: [[false, "form"]],
            },
        ]);
    });

    test("an action is done with one click, and shown so", async () => {
        await mountDashboard();
        data.actions.rows[0].done = true;
        await click(`${getAction(1)} .o_deadline_done`);
        await animationFrame();
        verifyCall("action_feedback", [1]);
        expect(`${getAction(1)} .o_deadline_reopen`).toHaveCount(1);
    });

    test("the focus goes on to the next action, and what came of it is said", async () => {
        await mountDashboard();
        data.actions.rows[0].done = true;
        data.actions.total = 1;
        await click(`${getAction(1)} .o_deadline_done`);
        await animationFrame();
        verifyCall("action_feedback", [1]);
        await animationFrame();
        expect(`${getAction(2)} [data-outcome='reached']`).toBeFocused();
        expect(".o_notification_content").toHaveText("Action 1, Acme: Done. 1 left.");
        data.actions.rows[1].done = true;
        data.actions.total = 0;
        await click(`${getAction(2)} [data-outcome='reached']`);
        await animationFrame();
        verifyCall("action_close_recall", [2], "reached");
        await animationFrame();
        expect(`${getAction(2)} .o_deadline_reopen`).toBeFocused();
    });

    test("an action that was closed is taken back", async () => {
        await mountDashboard();
        data.actions.rows[0].done = true;
        await click(`${getAction(1)} .o_deadline_done`);
        await animationFrame();
        verifyCall("action_feedback", [1]);
        await animationFrame();
        data.actions.rows[0].done = false;
        await click(".o_notification_buttons button:contains(Undo)");
        await animationFrame();
        verifyCall("action_reopen", [1]);
        await animationFrame();
        expect(`${getAction(1)} .o_deadline_done`).toBeFocused();
        expect("[role='status']").toHaveText("Action 1, Acme: open again. 2 left.");
        expect(".o_notification").toHaveCount(0);
    });

    test("a double click acts once", async () => {
        const answer = new Deferred();
        onRpc("mail.activity", "action_feedback", () => {
            expect.step("done");
            return answer;
        });
        await mountDashboard();
        await click(`${getAction(1)} .o_deadline_done`);
        await click(`${getAction(1)} .o_deadline_done`);
        await click(`${getAction(2)} [data-outcome='reached']`);
        await animationFrame();
        expect(".o_deadline_actions").toHaveAttribute("aria-busy", "true");
        expect.verifySteps(["done"]);
        answer.resolve(true);
        await animationFrame();
        expect.verifySteps(["retrieve mine"]);
        await animationFrame();
        expect(".o_deadline_actions").toHaveAttribute("aria-busy", "false");
    });

    test("a recall is closed with its outcome", async () => {
        await mountDashboard();
        expect(`${getAction(2)} .o_deadline_done`).toHaveCount(0);
        await click(`${getAction(2)} [data-outcome='reached']`);
        await animationFrame();
        verifyCall("action_close_recall", [2], "reached");
        await click(`${getAction(2)} [data-outcome='no_answer']`);
        await animationFrame();
        verifyCall("action_close_recall", [2], "no_answer", 1);
        for (const days of [3, 7, 30]) {
            await click(`${getAction(2)} [data-days='${days}']`);
            await animationFrame();
            verifyCall("action_close_recall", [2], "later", days);
        }
    });

    test("a customer is lost for a reason", async () => {
        await mountDashboard();
        await click(`${getAction(2)} [data-outcome='lost']`);
        await animationFrame();
        expect(`${getAction(2)} form input`).toBeFocused();
        await edit("   ");
        await animationFrame();
        expect(`${getAction(2)} form button`).not.toBeEnabled();
        await press("Enter");
        expect.verifySteps([]);
        await edit(" Too expensive ");
        await animationFrame();
        data.actions.rows[1].done = true;
        await click(`${getAction(2)} form button`);
        await animationFrame();
        verifyCall("action_close_recall", [2], "lost", "Too expensive");
        data.actions.rows[1].done = false;
        await click(`${getAction(2)} .o_deadline_reopen`);
        await animationFrame();
        verifyCall("action_reopen", [2]);
        expect(`${getAction(2)} form`).toHaveCount(0);
    });

    test("who thinks again leaves the reason with Escape", async () => {
        await mountDashboard();
        await click(`${getAction(2)} [data-outcome='lost']`);
        await animationFrame();
        await press("Escape");
        await animationFrame();
        expect(`${getAction(2)} form`).toHaveCount(0);
        expect(`${getAction(2)} [data-outcome='lost']`).toBeFocused();
        expect.verifySteps([]);
    });

    test("what was done is reopened", async () => {
        await mountDashboard();
        await click(`${getAction(3)} .o_deadline_reopen`);
        await animationFrame();
        verifyCall("action_reopen", [3]);
    });

    test("what the user may not write has no buttons", async () => {
        data.actions.rows.forEach((row) => (row.may_write = false));
        await mountDashboard();
        expect(".o_deadline_done, .o_deadline_outcomes, .o_deadline_reopen").toHaveCount(0);
    });

    test("shows mine or everybody's, and goes on doing so", async () => {
        await mountDashboard();
        const [mine, all] = queryAll(".o_deadline_actions header .btn-group button");
        expect(mine).toHaveAttribute("aria-pressed", "true");
        data.actions.rows = [makeAction(9, { user: "Joel" })];
        await click(all);
        await animationFrame();
        expect.verifySteps(["retrieve all"]);
        expect(all).toHaveAttribute("aria-pressed", "true");
        expect(getAction(9)).toHaveText(/Joel/);
        await click(`${getAction(9)} .o_deadline_done`);
        await animationFrame();
        expect.verifySteps([["action_feedback", [9]], "retrieve all"]);
    });

    test("says so when there is nothing", async () => {
        data.actions = { mine: true, total: 0, domain: DOMAIN, rows: [] };
        await mountDashboard();
        expect(".o_deadline_actions .o_deadline_empty").toHaveText(/Nothing left to do today./);
        expect(".o_deadline_actions .o_deadline_all").toHaveCount(0);
    });

    test("an error of the server is shown, and the buttons go on working", async () => {
        expect.errors(1);
        onRpc("mail.activity", "action_feedback", () => {
            throw makeServerError({ message: "Somebody was faster" });
        });
        await mountDashboard();
        await click(`${getAction(1)} .o_deadline_done`);
        await animationFrame();
        await animationFrame();
        expect.verifySteps(["retrieve mine"]);
        expect.verifyErrors(["Somebody was faster"]);
        expect(".o_error_dialog, .modal").toHaveText(/Somebody was faster/);
        await click(".modal footer button:first");
        await animationFrame();
        await click(`${getAction(3)} .o_deadline_reopen`);
        await animationFrame();
        verifyCall("action_reopen", [3]);
    });
});

describe("the whole", () => {
    test("shows names that are code as text", async () => {
        const code = `<script>window.zyx = 1</script><img src=x onerror="window.zyx = 1"> {{ 7*7 }}`;
        const script = "javascript:window.zyx=1";
        const customer = { id: 7, name: code, phone: script, email: script };
        for (const tile of data.tiles) {
            tile.label = code;
        }
        for (const row of data.renewals.rows) {
            Object.assign(row, { name: code, product: code, description: code, customer });
            row.renewal_label = code;
        }
        for (const row of data.actions.rows) {
            Object.assign(row, { summary: code, type: code, res_name: code, user: code, customer });
            Object.assign(row, {
                done_by: code,
                outcome: code,
                icon: `fa-tasks" onclick="${code}`,
            });
        }
        await mountDashboard();
        expect(".o_deadline_renewal:first .o_deadline_open").toHaveText(`${code} · ${code}`);
        expect(".o_deadline_action:first .o_deadline_open").toHaveText(code);
        expect(".o_deadline_dashboard img, .o_deadline_dashboard script").toHaveCount(0);
        expect(".o_deadline_dashboard [onclick], .o_deadline_dashboard [onerror]").toHaveCount(0);
        expect(".o_deadline_dashboard a[href^='javascript']").toHaveCount(0);
        expect(".o_deadline_dashboard a[href^='tel:'], a[href^='mailto:']").toHaveCount(12);
        expect(window.zyx).toBe(undefined);
    });

    test("what the user may not see is not there", async () => {
        delete data.tiles;
        delete data.renewals;
        await mountDashboard();
        expect(".o_deadline_tiles, .o_deadline_renewals").toHaveCount(0);
        expect(".o_deadline_actions").toHaveCount(1);
    });

    test("shows that it loads, then what failed, then tries again", async () => {
        expect.errors(1);
        const answer = new Deferred();
        onRpc("deadline.dashboard", "retrieve", () => answer);
        await mountWithCleanup(WebClient);
        await getService("action").doAction({
            type: "ir.actions.client",
            tag: "deadline_dashboard",
        });
        expect(".o_deadline_loading").toHaveCount(1);
        answer.reject(makeServerError({ message: "No database" }));
        await animationFrame();
        await animationFrame();
        expect.verifyErrors(["No database"]);
        expect(".o_deadline_loading").toHaveCount(0);
        await click(".modal footer button:first");
        await animationFrame();
        onRpc("deadline.dashboard", "retrieve", () => data);
        await click(".o_deadline_retry");
        await animationFrame();
        expect(".o_deadline_retry").toHaveCount(0);
        expect(".o_deadline_tile").toHaveCount(2);
    });

    test("the next row is a key away", async () => {
        await mountDashboard();
        for (const selector of [".o_deadline_renewal:first", ".o_deadline_renewal:eq(1)"]) {
            await press(["alt", "n"]);
            await animationFrame();
            expect(`${selector} .o_deadline_open`).toBeFocused();
        }
        await press(["alt", "p"]);
        await animationFrame();
        expect(".o_deadline_renewal:first .o_deadline_open").toBeFocused();
    });

    test("is fetched again when the tab comes to the front", async () => {
        await mountDashboard();
        data.tiles[0].count = 4;
        document.dispatchEvent(new Event("visibilitychange"));
        await animationFrame();
        expect.verifySteps(["retrieve mine"]);
        expect(".o_deadline_tile_detail:first").toHaveText("4 running");
    });
});
