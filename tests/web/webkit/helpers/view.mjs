// What the tests' helpers ask of a page, asked through WebDriver under Puppeteer's names: both kinds of test share them.

import { By, Key } from "selenium-webdriver";
import { until } from "../../browser/helpers/pages.mjs";

const KEYS = { Tab: Key.TAB, Enter: Key.ENTER, Escape: Key.ESCAPE };

export class View {
  /** @param {import("selenium-webdriver").WebDriver} session */
  constructor(session) {
    this.session = session;
    this.keyboard = {
      /** @param {string} text */
      type: (text) => session.actions().sendKeys(text).perform(),
      /** @param {string} key */
      press: (key) =>
        session
          .actions()
          .sendKeys(KEYS[/** @type {keyof typeof KEYS} */ (key)] ?? key)
          .perform(),
    };
  }

  /** @param {string} url */
  async goto(url) {
    await this.leaveFrames();
    await this.session.get(url);
    await this.evaluate(collectErrors);
  }

  /** What went wrong since the page was loaded. @returns {Promise<string[]>} */
  async errors() {
    await this.leaveFrames();
    return await this.evaluate(() => /** @type {any} */ (window).wentWrong);
  }

  /** Everything asked from now on is asked of the page's frame, which may be inside our element. */
  async enterFrame() {
    /** @returns {HTMLIFrameElement | null} */
    const find = () =>
      document.querySelector("pysim-run")?.shadowRoot?.querySelector("iframe") ?? document.querySelector("iframe");
    await until(() => this.evaluate(find), "a frame");
    await this.session.switchTo().frame(await this.evaluate(find));
  }

  async leaveFrames() {
    await this.session.switchTo().defaultContent();
  }

  /** Runs in the page; promises are awaited. @param {Function | string} run a text is a script @param {unknown[]} values @returns {Promise<any>} */
  evaluate(run, ...values) {
    const script = typeof run === "string" ? run : `return (${run})(...arguments)`;
    return this.session.executeScript(script, ...values);
  }

  /** @param {string} selector @param {Function} look @param {unknown[]} values @returns {Promise<any>} */
  $eval(selector, look, ...values) {
    const script = `const [selector, ...values] = arguments;
      const found = document.querySelector(selector);
      if (found === null) throw new Error("nothing is " + selector);
      return (${look})(found, ...values);`;
    return this.session.executeScript(script, selector, ...values);
  }

  /** @param {string} selector @param {Function} look @returns {Promise<any>} */
  $$eval(selector, look) {
    return this.session.executeScript(`return (${look})([...document.querySelectorAll(arguments[0])])`, selector);
  }

  /** @param {string} selector @returns {Promise<boolean>} */
  has(selector) {
    return this.evaluate((/** @type {string} */ wanted) => document.querySelector(wanted) !== null, selector);
  }

  /** @param {string} selector @param {{timeout: number}} options in milliseconds */
  async waitForSelector(selector, { timeout }) {
    await until(() => this.has(selector), `${selector} is there`, timeout / 1000);
  }

  /** With the mouse, as a visitor does. @param {string} selector */
  async click(selector) {
    await this.session.findElement(By.css(selector)).click();
  }

  /** Whether this long nothing about it changes. @param {() => Promise<unknown>} look @param {number} milliseconds */
  async keeps(look, milliseconds = 1000) {
    const before = JSON.stringify(await look());
    await this.evaluate((/** @type {number} */ time) => new Promise((done) => setTimeout(done, time)), milliseconds);
    return JSON.stringify(await look()) === before;
  }

  /** Makes the page itself this large, whatever the window has around it. @param {number} width @param {number} height */
  async setSize(width, height) {
    const window = this.session.manage().window();
    const inner = () => this.evaluate(() => [innerWidth, innerHeight]);
    const outer = await window.getRect();
    const [innerWidth, innerHeight] = await inner();
    const [wider, higher] = [outer.width - innerWidth, outer.height - innerHeight];
    await window.setRect({ x: 0, y: 0, width: width + wider, height: height + higher });
    await until(async () => `${await inner()}` === `${[width, height]}`, `the page is ${width}x${height}`);
  }
}

function collectErrors() {
  /** @type {string[]} */
  const wentWrong = [];
  Object.assign(window, { wentWrong });
  addEventListener("error", (event) => wentWrong.push(String(event.message)));
  addEventListener("unhandledrejection", (event) => wentWrong.push(String(event.reason)));
  addEventListener("securitypolicyviolation", (event) =>
    wentWrong.push(`${event.violatedDirective} ${event.blockedURI}`),
  );
}
