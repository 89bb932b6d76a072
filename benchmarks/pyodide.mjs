// Runs the Python benchmark under Pyodide in Node:  node benchmarks/pyodide.mjs [arguments of bench.py]
//
// The checkout's folders are mounted as they are; NumPy is the page's own build in source form.

import { join } from "node:path";
import { stockInterpreter } from "../web/build/interpreter.mjs";
import { CHECKOUT } from "../web/build/paths.mjs";
import { program } from "../web/build/script.mjs";
import { NUMPY, vendored } from "../web/build/vendored.mjs";

const FOLDERS = ["pysim", "data", "benchmarks"];
const RUN = `
import runpy, sys

def run(arguments):
    sys.dont_write_bytecode = True
    sys.path[:0] = ["/checkout", "/checkout/benchmarks"]
    sys.argv = ["bench.py", *arguments]
    try:
        runpy.run_path("/checkout/benchmarks/bench.py", run_name="__main__")
    except SystemExit as end:
        return end.code or 0
    return 0

run
`;

async function interpreterOnCheckout() {
  const pyodide = await stockInterpreter();
  pyodide.unpackArchive(vendored(NUMPY), "wheel");
  for (const folder of FOLDERS) {
    pyodide.FS.mkdirTree(`/checkout/${folder}`);
    pyodide.mountNodeFS(`/checkout/${folder}`, join(CHECKOUT, folder));
  }
  return pyodide;
}

await program(import.meta, async () => {
  const pyodide = await interpreterOnCheckout();
  process.exitCode = pyodide.runPython(RUN)(process.argv.slice(2));
});
