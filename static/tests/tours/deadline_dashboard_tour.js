import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("deadline_dashboard", {
    url: "/odoo/renewals",
    steps: () => [
        {
            content: "open the list behind a figure",
            trigger: ".o_deadline_tile[data-tile='ending_7']",
            run: "click",
        },
        {
            content: "it holds the deadline; come back",
            trigger:
                "body:has(.o_data_row:contains('Acme'), .o_kanban_record:contains('Acme')) .o_back_button",
            run: "click",
        },
        {
            content: "mark an action done",
            trigger: ".o_deadline_action:contains('Send the offer') .o_deadline_done",
            run: "click",
        },
        {
            content: "it says who did it; open it again",
            trigger:
                ".o_deadline_action:contains('Send the offer'):contains('Done by clerk') .o_deadline_reopen",
            run: "click",
        },
        {
            content: "it is open again",
            trigger: ".o_deadline_action:contains('Send the offer') .o_deadline_done",
        },
        {
            content: "nobody answers the telephone",
            trigger: ".o_deadline_action:contains('Any news?') [data-outcome='no_answer']",
            run: "click",
        },
        {
            content: "the recall shows its outcome",
            trigger:
                ".o_deadline_action:contains('Any news?'):contains('No answer') .o_deadline_reopen",
        },
        {
            content: "a customer is lost",
            trigger: ".o_deadline_action:contains('Still with us?') [data-outcome='lost']",
            run: "click",
        },
        {
            content: "say why",
            trigger: ".o_deadline_action:contains('Still with us?') form input",
            run: "edit Too expensive",
        },
        {
            content: "close it",
            trigger: ".o_deadline_action:contains('Still with us?') form button:enabled",
            run: "click",
        },
        {
            content: "the recall shows its outcome",
            trigger:
                ".o_deadline_action:contains('Still with us?'):contains('Lost') .o_deadline_reopen",
        },
        {
            content: "look at what colleagues have to do",
            trigger:
                ".o_deadline_actions:not(:contains('Bake a cake')) button:contains('Everybody')",
            run: "click",
        },
        {
            content: "there it is",
            trigger: ".o_deadline_action:contains('Bake a cake')",
        },
        {
            content: "renew the deadline",
            trigger: ".o_deadline_renewal:contains('Acme') .o_deadline_renew_now",
            run: "click",
        },
        {
            content: "its quotation opens",
            trigger: ".o_form_view .o_field_widget[name='order_line']:contains('Hosting')",
        },
    ],
});
