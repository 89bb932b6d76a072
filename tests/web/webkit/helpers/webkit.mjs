// Starts WebKitGTK's MiniBrowser under a display of its own, driven through WebKitWebDriver.
// The driver knows the path of the MiniBrowser that it was built with, and starts it with --automation; it is not given one.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Builder } from "selenium-webdriver";
import { until } from "../../browser/helpers/pages.mjs";
import { View } from "./view.mjs";

const SCREEN = "2600x1600x24";
const START_SECONDS = 30;
const SCRIPT_SECONDS = 120;

/**
 * @typedef {object} Wishes
 * @property {boolean} [stillness] the system asks for less motion
 * @property {boolean} [webAssembly] false: JavaScriptCore is without it
 * @property {boolean} [dark] the system's theme
 * @typedef {{view: View, stop: () => Promise<void>}} Browser
 * @param {Wishes} wishes
 * @returns {Promise<Browser>}
 */
export async function launch(wishes = {}) {
  const home = makeHome(wishes);
  const display = await startDisplay();
  /** @type {Started | undefined} */
  let driver;
  const stop = async () => {
    await driver?.stop();
    await display.stop();
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const port = await freePort();
    driver = start("WebKitWebDriver", [`--port=${port}`], environment(home, display.name, wishes));
    const session = await openSession(`http://127.0.0.1:${port}`, driver);
    return {
      view: new View(session),
      stop: async () => {
        await session.quit().catch(() => {}); // a browser that crashed cannot quit
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** @param {string} url @param {Started} driver */
async function openSession(url, driver) {
  const answers = () => fetch(`${url}/status`).then(({ ok }) => ok, driver.check);
  await until(answers, "WebKitWebDriver answers", START_SECONDS);
  const session = await new Builder().usingServer(url).withCapabilities({ browserName: "MiniBrowser" }).build();
  await session.manage().setTimeouts({ script: SCRIPT_SECONDS * 1000 });
  return session;
}

/** A home for one run: nothing is left of an earlier one, and GTK's settings are the test's. @param {Wishes} wishes */
function makeHome({ stillness = false }) {
  const home = mkdtempSync(join(tmpdir(), "pysim-webkit-"));
  for (const toolkit of ["gtk-3.0", "gtk-4.0"]) {
    mkdirSync(join(home, toolkit));
    writeFileSync(join(home, toolkit, "settings.ini"), `[Settings]\ngtk-enable-animations=${stillness ? 0 : 1}\n`);
  }
  return home;
}

/** @param {string} home @param {string} display @param {Wishes} wishes */
function environment(home, display, { webAssembly = true, dark = false }) {
  return {
    ...process.env,
    DISPLAY: display,
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: home,
    XDG_DATA_HOME: home,
    GDK_BACKEND: "x11",
    GTK_THEME: dark ? "Adwaita:dark" : "Adwaita",
    NO_AT_BRIDGE: "1", // there is no accessibility bus
    ...(process.getuid?.() === 0 ? { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" } : {}), // it refuses root
    ...(webAssembly ? {} : { JSC_useWasm: "0" }),
  };
}

/** @returns {Promise<Started & {name: string}>} */
async function startDisplay() {
  // a free number: the server picks it and writes it to the descriptor
  const server = start("Xvfb", ["-displayfd", "3", "-screen", "0", SCREEN, "-nolisten", "tcp"], process.env);
  let number = "";
  server.pipe.on("data", (data) => {
    number += data;
  });
  const known = async () => server.check() || number.endsWith("\n");
  await until(known, "Xvfb has a display", START_SECONDS).catch(async (error) => {
    await server.stop();
    throw error;
  });
  return { ...server, name: `:${number.trim()}` };
}

/**
 * @typedef {object} Started
 * @property {import("node:stream").Readable} pipe what it writes to descriptor 3
 * @property {() => false} check throws if it has ended
 * @property {() => Promise<void>} stop
 * @param {string} program @param {string[]} flags @param {NodeJS.ProcessEnv} env
 * @returns {Started}
 */
function start(program, flags, env) {
  const child = spawn(program, flags, { env, stdio: ["ignore", "ignore", "pipe", "pipe"] });
  let said = "";
  let failure = "";
  child.stderr?.on("data", (data) => {
    said = `${said}${data}`.slice(-2000);
  });
  child.on("error", (error) => {
    failure = `${error}`;
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const kill = () => void child.kill();
  process.once("exit", kill);
  const over = () => failure !== "" || child.exitCode !== null || child.signalCode !== null;
  return {
    pipe: /** @type {import("node:stream").Readable} */ (child.stdio[3]),
    check: () => {
      if (over())
        throw new Error(`${program} ended (Debian: apt-get install webkit2gtk-driver xvfb) ${failure}${said}`);
      return false;
    },
    stop: async () => {
      process.off("exit", kill);
      kill();
      if (failure === "") await ended;
    },
  };
}

/** @returns {Promise<number>} */
function freePort() {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (probe.address());
      probe.close(() => resolve(port));
    });
  });
}
