import { registry } from "@web/core/registry";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { graphView } from "@web/views/graph/graph_view";
import { PivotRenderer } from "@web/views/pivot/pivot_renderer";
import { pivotView } from "@web/views/pivot/pivot_view";

/**
 * A figure opens the deadlines behind it, as they can be worked on, and not the rows of the
 * analysis that it was computed from.
 */
const OpensDeadlines = (Renderer) =>
    class extends Renderer {
        openView(domain, _views, _context, newWindow) {
            this.actionService.doAction(
                {
                    type: "ir.actions.act_window",
                    name: this.model.metaData.title,
                    res_model: "deadline.deadline",
                    views: [
                        [false, "list"],
                        [false, "form"],
                    ],
                    domain: [["analysis_ids", "any", domain]],
                    target: "current",
                },
                { newWindow },
            );
        }
    };

registry.category("views").add("deadline_analysis_pivot", {
    ...pivotView,
    Renderer: OpensDeadlines(PivotRenderer),
});
registry.category("views").add("deadline_analysis_graph", {
    ...graphView,
    Renderer: OpensDeadlines(GraphRenderer),
});
