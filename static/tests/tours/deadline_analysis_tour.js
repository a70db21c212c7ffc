import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("deadline_analysis", {
    steps: () => [
        {
            content: "open what is behind the total",
            trigger: ".o_pivot_cell_value:contains('100.00')",
            run: "click",
        },
        {
            content: "it is the deadline itself, and it can be renewed there",
            trigger: ".o_data_row:contains('Acme') .o_list_record_selector input",
            run: "click",
        },
        {
            content: "the button of the deadlines is there",
            trigger: "button[name='action_renew']",
        },
        {
            content: "come back",
            trigger: ".o_back_button",
            run: "click",
        },
        {
            content: "show the rows",
            trigger: "button.o_switch_view.o_list",
            run: "click",
        },
        {
            content: "a row opens its deadline",
            trigger: ".o_data_row:contains('Acme') td[name='product_id']",
            run: "click",
        },
        {
            content: "it is the form of the deadline",
            trigger: ".o_form_view button[name='action_renew']",
        },
    ],
});
