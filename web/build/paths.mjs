// Where the site's build finds and leaves things.

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** @param {string} path relative to the top of the checkout */
const inCheckout = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const CHECKOUT = inCheckout("");
export const PACKAGE_FOLDER = inCheckout("pysim");
export const DATA_FOLDER = inCheckout("data");
export const LICENSE_FILE = inCheckout("LICENSE");
export const PYPROJECT_FILE = inCheckout("pyproject.toml");
export const PYODIDE_FOLDER = inCheckout("node_modules/pyodide");
export const VENDOR_FOLDER = inCheckout("web/vendor");
export const WEB_FOLDER = inCheckout("web");
export const BUILD_FOLDER = inCheckout("web/build");
export const VITE_CONFIG = inCheckout("web/vite.config.ts");
/** What the engine's build makes for the page; the tests build elsewhere. */
export const ENGINE_FOLDER = resolve(process.env.PYSIM_ENGINE ?? inCheckout("web/engine"));
export const SITE_FOLDER = resolve(process.env.PYSIM_SITE ?? inCheckout("site"));
/** What earlier builds made; another one makes all of it anew. */
export const CACHE_FOLDER = resolve(process.env.PYSIM_CACHE ?? inCheckout(".cache/site"));
