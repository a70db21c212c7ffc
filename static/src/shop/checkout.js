import { patch } from "@web/core/utils/patch";
import { Checkout } from "@website_sale/interactions/checkout";

patch(Checkout.prototype, {
    /** Keep what is due today with the total, which the delivery changes. */
    _updateCartSummary(result) {
        super._updateCartSummary(...arguments);
        if (result.multipack_due_today) {
            for (const amount of document.querySelectorAll(".o_multipack_amount_today")) {
                amount.innerHTML = result.multipack_due_today;
            }
        }
    },
});
