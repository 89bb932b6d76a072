// Bytecode without what only a debugger asks for: it does the same, and says as much of an error as the page shows.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { stockInterpreter } from "../../../web/build/interpreter.mjs";
import { importPacking } from "../../../web/build/packages.mjs";

const SOURCE = `
class Base:
    def said(self, *, word="base"):
        """What is said."""
        assert word, "never"
        return word

class Derived(Base):
    def said(self, *, word="derived"):
        mine = super().said(word=word)
        return mine, __class__.__name__

def called(first, /, second, *rest, third=3, **more):
    total = first + second + sum(rest) + third
    def inner(own):
        nonlocal total
        total += own
        return total
    squares = [each * each + total for each in rest]
    return inner(1), squares, sorted(more)

def counted():
    step = yield 1
    while step:
        before = step
        step = yield before + 1

async def awaited(value):
    result = value + 1
    return result

def failing(reason):
    shown = reason.upper()
    try:
        raise ValueError(shown)
    finally:
        del shown

def unbound():
    if False:
        never = 1
    return never
`;

const PLAYED = `
import marshal, traceback, types
from packing import bytecode

made = types.ModuleType("made")
exec(marshal.loads(bytecode(SOURCE.encode(), "made.py", {})[16:]), vars(made))

def driven(coroutine):
    try:
        coroutine.send(None)
    except StopIteration as stopped:
        return stopped.value

def error_of(function, *arguments):
    try:
        function(*arguments)
    except Exception:
        return traceback.format_exc()

counted = made.counted()
{
    "called": made.called(1, 2, 4, 5, third=6, named=7),
    "derived": made.Derived().said(word="x"),
    "counted": [next(counted), counted.send(4), counted.send(9)],
    "awaited": driven(made.awaited(2)),
    "error": error_of(made.failing, "reason"),
    "missing": error_of(made.called),
    "unbound": error_of(made.unbound),
    "names": made.called.__code__.co_varnames,
    "lines": list(made.called.__code__.co_lines()),
    "documentation": made.Base.said.__doc__,
}
`;

describe("the page's bytecode", () => {
  /** @type {Record<string, any>} */
  let found;
  before(async () => {
    const pyodide = await stockInterpreter();
    importPacking(pyodide);
    pyodide.globals.set("SOURCE", SOURCE);
    found = pyodide.runPython(PLAYED).toJs();
  });

  test("does what its source does", () => {
    assert.deepEqual(found.called, [19, [34, 43], ["named"]]);
    assert.deepEqual(found.derived, ["x", "Derived"]);
    assert.deepEqual(found.counted, [1, 5, 10]);
    assert.equal(found.awaited, 3);
  });

  test("keeps the names of arguments and of what functions share, and no others", () => {
    assert.deepEqual(found.names, ["first", "second", "third", "rest", "more", "_", "_", "_"]);
  });

  test("has no lines and no documentation", () => {
    assert.deepEqual(new Set(found.lines.map((line) => line[2])), new Set([undefined]));
    assert.equal(found.documentation, undefined);
  });

  test("names the function in which an error is, and what is wrong", () => {
    assert.match(found.error, /File "made\.py", line .*in failing\nValueError: REASON/);
    assert.match(found.missing, /TypeError: called\(\) missing 2 required positional arguments: 'first' and 'second'/);
    assert.match(found.unbound, /UnboundLocalError: cannot access local variable/);
  });
});
