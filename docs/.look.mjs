import { mkdirSync, readFileSync } from "node:fs";
import { launch } from "../tests/web/browser/helpers/browsers.mjs";
import { engineReady, openPage, pause, textOf, until } from "../tests/web/browser/helpers/pages.mjs";
import { serve } from "../tests/web/browser/helpers/server.mjs";
const AXE = readFileSync("node_modules/axe-core/axe.min.js","utf8");
const server = await serve("/work/wt/finish/site");
const browser = await launch();
const [,, ...names] = process.argv;
const SIZES = {320:[320,568],360:[360,740],1280:[1280,800],1920:[1920,1080],2560:[2560,1440]};
const media = { forced:[{name:"forced-colors",value:"active"}], forcedlight:[{name:"forced-colors",value:"active"},{name:"prefers-color-scheme",value:"light"}], more:[{name:"prefers-contrast",value:"more"}], light:[{name:"prefers-color-scheme",value:"light"}], dark:[{name:"prefers-color-scheme",value:"dark"}]};
for (const name of names) {   // size-state-media
  const [size, state="plain", how="dark", query=""] = name.split("-");
  const [width,height]=SIZES[size];
  const {page, errors} = await openPage(browser, server.url + (query?`?preset=${query.replaceAll("_","-")}`:""), {width,height, before: async (page)=>{ const c=await page.createCDPSession(); await c.send("Emulation.setEmulatedMedia",{features:media[how]}); page.cdp=c; }});
  if (state==="first") { await until(async()=> (await textOf(page))!=="","t"); await pause(1);}
  else { await engineReady(page); await pause(state==="open"?6:1); }
  const key={settings:",",share:"s",help:"?",inject:"x",stage:"f",theme:"t",copy:"c"}[state];
  if (key) { await page.keyboard.press(key); await pause(["stage"].includes(state)?4.5:1.2); }
  if (state==="speed") { await page.click(".speed button"); await pause(.6); }
  if (state==="menu") { await page.click(".more"); await pause(.6); }
  await page.screenshot({path:`/tmp/fin/pics/${name}.png`});
  await page.evaluate(AXE);
  const v = await page.evaluate(async()=> (await axe.run(document,{iframes:false})).violations.map(({id,nodes})=>`${id}: ${nodes[0].html.slice(0,150)} ${nodes[0].failureSummary}`));
  console.log(name, v, errors.filter(e=>!/404/.test(e)));
  await page.close();
}
await browser.close(); await server.stop();
