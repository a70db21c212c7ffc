// The packages of package.json lie in .odoo/node, where ./dev lint puts them.
import { createRequire } from "node:module";

const require = createRequire(new URL(".odoo/node/package.json", import.meta.url));
const js = require("@eslint/js");
const globals = require("globals");

export default [
    { ignores: [".odoo/", "static/lib/", "**/*.scss"] },
    js.configs.recommended,
    {
        languageOptions: { globals: { ...globals.browser, odoo: "readonly", luxon: "readonly" } },
        rules: {
            eqeqeq: "error",
            "no-console": "error",
            "no-var": "error",
            "prefer-const": "error",
            "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
        },
    },
];
