/* eslint-disable no-console -- a test in the browser ends with what it says there */
/**
 * Opens pages one after another and has axe look at each: what tests/test_accessibility.py runs
 * in the browser. Ends with an error that names each violation in markup of ours.
 *
 * A page is an object of `name` and one of
 * - `action`: what the action service of the web client opens,
 * - `url` or `html`: what a frame `width` points wide shows;
 * then, optionally, `see`: a selector to wait for, `steps`: selectors to click on, with another
 * look after each, and `tabs`: which tabs of a notebook to look at too.
 *
 * @param {Object} params
 * @param {string} params.source axe itself
 * @param {Object[]} params.pages
 * @param {Object[]} params.known what is not ours: `rule`, and the `selector` of what it is left out for
 */
window.checkPages = async function checkPages({ source, pages, known }) {
    const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const PATIENCE = 30000;
    const found = [];
    const axe = await (await fetch(source)).text();
    (0, eval)(axe);

    const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

    async function waitFor(holds, what) {
        for (const end = Date.now() + PATIENCE; Date.now() < end; await pause(25)) {
            if (holds()) {
                return;
            }
        }
        throw new Error(`not seen: ${what}`);
    }

    function find(view, selector) {
        const all = [...view.document.querySelectorAll(selector)];
        return all.find((element) => element.checkVisibility());
    }

    async function settle(view) {
        const busy = ".o_loading_indicator, .o_blockUI, .o_view_nocontent_loading, .o_dialog_fade";
        await waitFor(() => !find(view, busy), "rest");
        for (const animation of view.document.getAnimations()) {
            if (animation.effect?.getComputedTiming().iterations !== Infinity) {
                animation.finish();
            }
        }
        await pause(50);
    }

    async function openFrame({ html, url, width = 1280 }) {
        document.querySelector("iframe.o_checked")?.remove();
        const frame = document.createElement("iframe");
        frame.className = "o_checked";
        frame.style.cssText = `position: fixed; top: 0; left: 0; width: ${width}px; height: 800px; z-index: 9999; background: white`;
        const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
        Object.assign(frame, html ? { srcdoc: html } : { src: url });
        document.body.append(frame);
        await loaded;
        frame.contentWindow.eval(axe);
        return frame.contentWindow;
    }

    async function open(page) {
        if (!page.action) {
            return openFrame(page);
        }
        const { action } = odoo.__WOWL_DEBUG__.root.env.services;
        await action.doAction(page.action, { clearBreadcrumbs: true, ...page.options });
        return window;
    }

    function isKnown(rule, element) {
        return known.some(
            (one) => one.rule.split(" ").includes(rule) && element.matches(one.selector),
        );
    }

    async function look(view, name) {
        await settle(view);
        const options = { elementRef: true, resultTypes: ["violations"] };
        const runOnly = { type: "tag", values: TAGS };
        const { violations } = await view.axe.run(view.document, { ...options, runOnly });
        for (const { id, nodes } of violations) {
            for (const { element, target } of nodes) {
                if (!isKnown(id, element)) {
                    const html = element.outerHTML.replace(/\s+/g, " ").slice(0, 200);
                    found.push(`${name}: ${id}: ${target.join(" ")}: ${html}`);
                }
            }
        }
    }

    async function check(page) {
        const view = await open(page);
        if (page.see) {
            await waitFor(() => find(view, page.see), page.see);
        }
        await look(view, page.name);
        for (const selector of page.steps || []) {
            await waitFor(() => find(view, selector), selector);
            find(view, selector).click();
            await pause(100);
            await look(view, `${page.name}, ${selector}`);
        }
        const tabs = view.document.querySelectorAll(page.tabs || "none");
        for (const tab of [...tabs].filter((one) => !one.classList.contains("active"))) {
            tab.click();
            await pause(50);
            await look(view, `${page.name}, ${tab.textContent.trim()}`);
        }
    }

    for (const page of pages) {
        try {
            await check(page);
        } catch (error) {
            found.push(`${page.name}: ${error.message}`);
        }
    }
    if (found.length) {
        console.error(found.join("\n"));
    } else {
        console.log("test successful");
    }
};
