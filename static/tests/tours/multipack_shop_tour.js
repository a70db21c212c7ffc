import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("multipack_shop_purchase", {
    url: "/shop?search=Package",
    steps: () => [
        {
            content: "open the product",
            trigger: "a:contains('Package')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "its page says how it is paid: put it in the cart",
            trigger: "#product_details:has(.o_multipack_offer:contains('250.00')) #add_to_cart",
            run: "click",
        },
        {
            content: "open the cart",
            trigger: "a[href='/shop/cart'] sup:contains('1')",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "the cart tells today from later: go on",
            trigger:
                "body:has([name='o_multipack_due_today']:contains('250.00')):has([name='o_multipack_due_later']:contains('750.00')) a[name='website_sale_main_button']:visible",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "choose the demo payment method",
            trigger:
                "body:has(.o_multipack_payment_note:contains('250.00')) input[name='o_payment_radio'][data-payment-method-code='demo']:not(:visible), input[name='o_payment_radio'][data-payment-method-code='demo']",
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
            trigger: "body:contains('Thank you for your order'):not(:contains('Unfortunately'))",
            timeout: 30000,
        },
    ],
});
