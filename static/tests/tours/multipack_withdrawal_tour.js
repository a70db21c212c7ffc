import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("multipack_withdrawal", {
    steps: () => [
        {
            content: "the shortcuts that have no room",
            trigger: ".o_form_view .o_button_more",
            run: "click",
        },
        {
            content: "the customer wants to leave",
            trigger: ".o-dropdown--menu .oe_stat_button:contains('Withdrawal')",
            run: "click",
        },
        {
            content: "the only multipack is chosen; look at what it does",
            trigger:
                ".modal:has(.o_field_widget[name='multipack_ids'] .o_data_row:contains('Package')) button[name='action_preview']",
            run: "click",
        },
        {
            content: "one installment stays, three go",
            trigger:
                ".modal .o_field_widget[name='summary']:contains('Stays as debt: 1'):contains('Removed: 3')",
        },
        {
            content: "go back",
            trigger: ".modal button[name='action_back']",
            run: "click",
        },
        {
            content: "say why",
            trigger: ".modal .o_field_widget[name='note'] textarea",
            run: "edit Moves abroad",
        },
        {
            content: "look again",
            trigger: ".modal button[name='action_preview']",
            run: "click",
        },
        {
            content: "withdraw",
            trigger: ".modal button[name='action_ask']",
            run: "click",
        },
        {
            content: "it says that there is no way back; go on",
            trigger:
                ".modal:has(.alert-danger:contains('cannot be undone')) button[name='action_confirm']",
            run: "click",
        },
        {
            content: "the record cannot be edited",
            trigger:
                ".o_form_view:not(:has(.o_field_widget[name='note'] textarea)) .o_field_widget[name='note']:contains('Moves abroad')",
        },
    ],
});
