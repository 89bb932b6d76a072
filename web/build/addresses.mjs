// Addresses that the site cannot know by itself: where it will be, and where its source and its documentation are. The
// project states the latter two in pyproject.toml or package.json; where it does not, and for the former, a variable of the
// build does:  SITE_URL=https://runs.example.org/ SOURCE_URL=... DOCS_URL=... make site
//
// What is stated nowhere is left out of the page.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT, PYPROJECT_FILE } from "./paths.mjs";

/** @typedef {{site?: string, source?: string, docs?: string}} Addresses */

const URLS_SECTION = /^\[project\.urls\]\n((?:[^[\n].*\n|\n)*)/m;
const URL_LINE = /^"?([\w -]+)"?\s*=\s*"([^"]+)"/gm;

/**
 * @param {Record<string, string | undefined>} variables
 * @param {{pyproject: string, packageJson: {repository?: string | {url?: string}, homepage?: string}}} project
 * @returns {Addresses}
 */
export function addressesOf(variables, { pyproject, packageJson }) {
  const stated = statedUrls(pyproject);
  const { repository, homepage } = packageJson;
  const url = typeof repository === "string" ? repository : repository?.url;
  const site = checked("SITE_URL", variables.SITE_URL);
  const source = stated.get("source") ?? stated.get("repository") ?? url?.replace(/^git\+|\.git$/g, "");
  const docs = stated.get("documentation") ?? homepage;
  return {
    ...given("site", site && `${site.replace(/\/+$/, "")}/`),
    ...given("source", checked("SOURCE_URL", source ?? variables.SOURCE_URL)),
    ...given("docs", checked("DOCS_URL", docs ?? variables.DOCS_URL)),
  };
}

/** Of this checkout. */
export const addresses = () =>
  addressesOf(process.env, {
    pyproject: readFileSync(PYPROJECT_FILE, "utf8"),
    packageJson: JSON.parse(readFileSync(join(CHECKOUT, "package.json"), "utf8")),
  });

/** By label, in small letters. @param {string} pyproject @returns {Map<string, string>} */
function statedUrls(pyproject) {
  const section = URLS_SECTION.exec(pyproject)?.[1] ?? "";
  return new Map([...section.matchAll(URL_LINE)].map(([, label = "", url = ""]) => [label.trim().toLowerCase(), url]));
}

/** @param {string} name @param {string | undefined} address */
function checked(name, address) {
  if (address === undefined || address === "") return undefined;
  const isWeb = URL.canParse(address) && /^https?:$/.test(new URL(address).protocol);
  if (!isWeb) throw new Error(`${name}: ${address} is not the address of a web site, such as https://example.org/`);
  return address;
}

/** @param {string} name @param {string | undefined} value */
const given = (name, value) => (value === undefined ? {} : { [name]: value });
