// What others see of a link: tags, a page and a picture for each preset, where the build knows the site's address; nothing
// where it does not. And the addresses themselves, which come from the project or from the build's variables.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { JSDOM } from "jsdom";
import { addressesOf } from "../../../web/build/addresses.mjs";
import { fileHash, write } from "../../../web/build/content.mjs";
import { WEB_FOLDER } from "../../../web/build/paths.mjs";
import { drawing, HEIGHT, heights, lines, picture, rendered, WIDTH } from "../../../web/build/pictures.mjs";
import { writeSharing } from "../../../web/build/sharing.mjs";
import { temporaryFolder } from "./helpers/built.mjs";

const SITE = "https://runs.example.org/pysim/";
const PAGE = readFileSync(join(WEB_FOLDER, "index.html"), "utf8");
const CURVE = /** @type {[number, number][]} */ (
  Array.from({ length: 48 }, (_, index) => [index / 47, 1.8 + 10 / (1 + index)])
);
const PRESETS = [
  { name: "plain", title: "Plain 7B", summary: "a summary", run: "Plain 7B on 64 H100", curve: CURVE },
  { name: "odd", title: 'Odd & "<bold>"', summary: "it costs $& and $1", run: "Plain 7B on 8 H100", curve: CURVE },
];

/** @param {string} html */
function head(html) {
  const { document } = new JSDOM(html).window;
  const tags = [...document.querySelectorAll("meta[property], meta[name]")].map((tag) => [
    tag.getAttribute("property") ?? tag.getAttribute("name"),
    tag.getAttribute("content") ?? "",
  ]);
  return { document, tags: Object.fromEntries(tags) };
}

describe("a site with an address", () => {
  const folder = temporaryFolder();
  before(async () => {
    write(join(folder, "index.html"), PAGE);
    await writeSharing(folder, SITE, () => PRESETS);
  });
  const read = (/** @type {string} */ name) => readFileSync(join(folder, name));

  for (const [page, name] of [
    ["index.html", "all"],
    ["plain.html", "plain"],
    ["odd.html", "odd"],
  ]) {
    test(`tells of ${page} with tags and a picture that is there`, () => {
      const { document, tags } = head(read(page).toString());
      assert.equal(tags["og:url"], page === "index.html" ? SITE : `${SITE}${page}`);
      assert.equal(tags["og:image"], `${SITE}pictures/${name}.png`);
      assert.equal(tags["twitter:card"], "summary_large_image");
      assert.ok(tags["og:title"] && tags["og:description"]);
      assert.ok(document.querySelector("#terminal") && document.querySelector("script[type=module]"));
      const png = read(`pictures/${name}.png`);
      assert.deepEqual(
        [...png.subarray(1, 4)],
        [..."PNG"].map((letter) => letter.charCodeAt(0)),
      );
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [WIDTH, HEIGHT]);
      assert.ok(png.length < 300_000, "small enough for whoever shows it");
    });
  }

  test("gives a preset its own title, and nothing in its words is markup or a pattern", () => {
    const { document, tags } = head(read("odd.html").toString());
    assert.equal(document.documentElement.dataset.preset, "odd");
    assert.equal(document.title, "Plain 7B on 8 H100 · pysim");
    assert.equal(tags["og:description"], 'Odd & "<bold>": it costs $& and $1');
    assert.equal(tags.description, tags["og:description"]);
    assert.equal(document.querySelector("bold"), null);
  });

  test("leaves all else of the page as it is", () => {
    const added = /^ *<meta (property="og:|name="twitter:).*\n/gm;
    assert.equal(read("index.html").toString().replace(added, ""), PAGE);
  });
});

test("a site without an address has no tags, pages and pictures", async () => {
  const folder = temporaryFolder();
  write(join(folder, "index.html"), PAGE);
  await writeSharing(folder, undefined, () => PRESETS);
  assert.equal(readFileSync(join(folder, "index.html"), "utf8"), PAGE);
  assert.ok(!existsSync(join(folder, "plain.html")) && !existsSync(join(folder, "pictures")));
});

describe("a picture", () => {
  const card = { title: "Llama 3.1 405B on 16,384 H100", summary: "the herd's largest", curves: [CURVE] };

  test("has the same bytes on every machine", async () => {
    assert.equal(fileHash(await picture(card)), "a4ae1f29349ccbefbb1af0592930640b2eab3081d851aac11f48c4f6e1a15b00");
  });

  test("begins where the loss comes down to the cut, and stays in its plot", () => {
    const points = heights([
      [0, 12],
      [0.02, 4],
      [0.5, 3],
      [0.6, 9],
      [1, 2],
    ]);
    assert.deepEqual(points, [
      [0.02, 1],
      [0.02, 1],
      [0.5, 0.5],
      [0.6, 1],
      [1, 0],
    ]);
    assert.deepEqual(
      heights([
        [0, 2],
        [1, 2],
      ]),
      [
        [0, 0],
        [1, 0],
      ],
    );
  });

  test("can have as many curves as there are presets, and be one of many", async () => {
    for (let each = 0; each < 40; each += 1) {
      const png = await rendered(drawing({ title: `${each}`, summary: "", curves: Array(22).fill(CURVE) }));
      assert.ok(png.length > 1000);
    }
  });

  test("has the words as text, and the last loss", () => {
    const { document } = new JSDOM(drawing({ ...card, title: "<b>&" }), { contentType: "image/svg+xml" }).window;
    const words = [...document.querySelectorAll("text")].map(({ textContent }) => textContent);
    assert.equal(words[0], "<b>&");
    assert.ok(words.includes("loss 2.01"));
  });

  test("breaks long words of its own into two lines at most", () => {
    assert.deepEqual(lines("short", 27), ["short"]);
    const long = lines("a long summary ".repeat(20), 27);
    assert.equal(long.length, 2);
    assert.match(long[1] ?? "", /…$/);
  });
});

describe("addresses", () => {
  const none = { pyproject: '[project]\nname = "x"\n', packageJson: {} };

  test("come from the project where it states them", () => {
    const pyproject = `${none.pyproject}\n[project.urls]\nSource = "https://a.example/s"\n"Documentation" = "https://a.example/d"\n\n[tool.x]\nSource = "no"\n`;
    const variables = { SOURCE_URL: "https://b.example/", DOCS_URL: "https://b.example/" };
    assert.deepEqual(addressesOf(variables, { pyproject, packageJson: {} }), {
      source: "https://a.example/s",
      docs: "https://a.example/d",
    });
    const packageJson = { repository: { url: "git+https://c.example/s.git" }, homepage: "https://c.example/" };
    assert.deepEqual(addressesOf({}, { ...none, packageJson }), {
      source: "https://c.example/s",
      docs: "https://c.example/",
    });
  });

  test("come from the build's variables else, and are left out where nobody states them", () => {
    assert.deepEqual(addressesOf({ DOCS_URL: "", SITE_URL: "https://a.example/x" }, none), {
      site: "https://a.example/x/",
    });
    assert.deepEqual(addressesOf({ SOURCE_URL: "https://b.example/" }, none), { source: "https://b.example/" });
    assert.deepEqual(addressesOf({}, none), {});
  });

  for (const bad of ["example.org", "ftp://example.org/", "javascript:alert(1)"]) {
    test(`that are none of a web site are refused by name: ${bad}`, () => {
      for (const name of ["SITE_URL", "SOURCE_URL", "DOCS_URL"]) {
        assert.throws(() => addressesOf({ [name]: bad }, none), new RegExp(`^Error: ${name}: `));
      }
    });
  }
});
