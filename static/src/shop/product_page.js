import { patch } from "@web/core/utils/patch";
import { WebsiteSale } from "@website_sale/interactions/website_sale";

patch(WebsiteSale.prototype, {
    /** Show in how many amounts the chosen variant is paid. */
    _onChangeCombination(ev, parent, combination) {
        super._onChangeCombination(...arguments);
        const offer = parent.querySelector(".o_multipack_offer");
        if (offer) {
            offer.textContent = combination.multipack_offer || "";
        }
    },
});
