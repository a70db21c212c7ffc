import { registry } from "@web/core/registry";

const pay = [
    {
        content: "choose the demo payment method",
        trigger:
            "input[name='o_payment_radio'][data-payment-method-code='demo']:not(:visible), input[name='o_payment_radio'][data-payment-method-code='demo']",
        run: (helpers) => helpers.anchor.click(),
    },
    {
        content: "pay",
        trigger: "button[name='o_payment_submit_button']:visible:not(:disabled)",
        run: "click",
        expectUnloadPage: true,
    },
    {
        content: "the order is confirmed",
        trigger: "body:contains('Thank you for your order')",
        timeout: 30000,
    },
];

registry.category("web_tour.tours").add("deadline_portal_renew_one", {
    url: "/my/deadlines",
    steps: () => [
        {
            content: "open the deadline",
            trigger: "a:contains('Hosting')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "renew it",
            trigger: "form[action='/my/deadlines/renew'] button",
            run: "click",
            expectUnloadPage: true,
        },
        ...pay,
    ],
});

registry.category("web_tour.tours").add("deadline_portal_renew_two", {
    url: "/my/deadlines?filterby=renew",
    steps: () => [
        {
            content: "both are chosen: renew them",
            trigger: "body:has(input[name='deadline_id']:checked) button[name='renew']",
            run: "click",
            expectUnloadPage: true,
        },
        ...pay,
    ],
});
