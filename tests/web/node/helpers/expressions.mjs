// Python expressions that the page never needs, from all corners of the interpreter and of NumPy: what the cold halves have.

/** @type {Record<string, string>} */
const EXPRESSIONS = {
  "attribute of a list": "np.array([3, 1, 2]).tolist().nowhere",
  "attribute of a number": "(1).nowhere",
  "number of letters": 'int("number")',
  "length of a number": "len(5)",
  "empty list": "[].pop()",
  "missing key": '{}["key"]',
  "wrong arguments": 'math.hypot(*["1", 2])',
  "cases of other scripts": '"ßéǆΣ".upper() + "İΣ".lower() + "ǆ".title() + "ß".casefold()',
  "names of letters":
    "unicodedata.name('漢') + unicodedata.normalize('NFKD', 'ﬃ Å') + unicodedata.lookup('GREEK SMALL LETTER PI')",
  "documentation of a function": "len.__doc__",
  "documentation of a method": "str.split.__doc__",
  "documentation of NumPy": "np.ndarray.__doc__",
  Japanese: "[__import__('_codecs_jp').getcodec(name).encode('あ漢字') for name in ('cp932', 'euc_jp')]",
  Chinese:
    "[__import__('_codecs_cn').getcodec('gb18030').encode('漢字'), __import__('_codecs_tw').getcodec('big5').encode('漢字')]",
  "other encodings":
    "[codecs.utf_16_encode('é€'), codecs.utf_7_encode('é€'), codecs.utf_32_be_encode('é€'), codecs.unicode_escape_encode('é€')]",
  "letters that cannot be written": '"é漢".encode("ascii", "xmlcharrefreplace") + "é".encode("latin-1")',
  decimals: 'decimal.Decimal(1) / decimal.Decimal(7) + decimal.Decimal("1e-30")',
  "sorting of floats": "np.sort(np.array([3.0, 1.0, 2.0, np.nan]))",
  products: "np.cumprod(np.arange(1, 20, dtype=np.int64))",
  "complex arrays": "np.exp(np.linspace(0, 1, 7).astype(np.complex128) * 1j)",
  unique: "np.unique(np.array([5, 3, 5, 1]))",
  "texts in arrays": 'np.array(["b", "a", "é"])[::-1]',
  "division by nought": "np.array([1, 2]) / np.array([0, 1])",
  "shapes that do not fit": "np.zeros(3) @ np.ones((2, 3))",
  "products of matrices": "np.arange(6.0).reshape(2, 3) @ np.ones((3, 2))",
  "halves in arrays": "np.array([1.5, 2.25], dtype=np.float16).astype(np.float32) ** 2",
  "dates in arrays": 'np.datetime64("2026-11-27") + np.timedelta64(3, "D")',
  records: 'np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])["b"]',
  bits: "np.bitwise_xor(np.uint8(200), np.uint8(77)) << 1",
  hash: 'hashlib.sha256(b"x").hexdigest()',
  "another hash": 'hashlib.blake2b(b"x").hexdigest() + hashlib.md5(b"x").hexdigest()',
  dates: 'datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC).strftime("%A %d %B %Y %j %U")',
  patterns: 're.sub(r"(?P<one>a)(?=b)|(?<!c)d", r"<\\g<one>>", "abdcd")',
  packing: 'struct.pack("<dqhf?", 1.5, -3, 7, 0.1, True)',
  formatting: "f\"{1234567.891:,.2f} {0.1 + 0.2!r} {-1:>+8d} {255:#x} {1e100:.3g} {'é':*^9}\"",
  "old formatting": '"%10.3e|%r|%x|%-5s|%c" % (math.pi, "q", 255, "ab", 65)',
  compiling: 'eval("[x**2 for x in range(4) if x % 2]")',
  syntax: 'compile("def f(:", "name", "exec")',
  gamma: "math.lgamma(10.5) + math.erf(0.3) + math.comb(50, 6) + math.fsum([0.1] * 10)",
  "long numbers": "(2**200) // (3**50) % 10**40",
  "complex numbers": 'complex("1+2j") ** 0.5',
  checksums: 'zlib.crc32(b"abc") + zlib.adler32(b"abc")',
  compression: 'zlib.decompress(zlib.compress(b"abc" * 100, 9))[:5]',
  "arrays of the library": 'list(array.array("d", [1, 2])) + list(array.array("h", b"\\1\\0"))',
  sets: "sorted(frozenset({1, 2, 3}) ^ {2, 5})",
  collections: '[Counter("abca").most_common(1), deque([1, 2, 3], 2), OrderedDict(a=1), ChainMap({1: 2})]',
  iteration: "list(itertools.groupby(itertools.accumulate(range(4), operator.mul)))[0][0]",
  "partial functions": "functools.reduce(functools.partial(pow, 2), [3, 1])",
  "random numbers": 'random.Random(3).gauss(0, 1) + random.Random("a").randrange(10**20)',
  "views of memory": 'memoryview(bytearray(b"abcdef"))[::2].tobytes()',
  classes: 'type("Made", (int,), {"__slots__": ()})(3) + builtins.__build_class__(lambda: None, "Other")().x',
  recursion: "(lambda function: function(function))(lambda function: 1 + function(function))",
  "groups of exceptions": 'sys.exc_info()[0] or repr(ExceptionGroup("several", [ValueError(1), KeyError(2)]))',
};

const ASK = `
def _answers(expressions):
    import array, builtins, codecs, datetime, decimal, functools, hashlib, itertools, json, math, operator, random, re, struct, sys, unicodedata, zlib
    from collections import ChainMap, Counter, OrderedDict, deque
    import numpy as np
    names = {**globals(), **locals()}
    def answer(expression):
        try:
            value = eval(expression, names)
            return repr(value.tolist() if isinstance(value, np.ndarray) else value)
        except BaseException as error:
            return f"{type(error).__name__}: {str(error)[:300]}"
    return json.dumps({name: answer(expression) for name, expression in json.loads(expressions).items()})
_answers
`;

/** Each one's value as text, or its error. @param {import("../../../../web/build/interpreter.mjs").Pyodide} pyodide @returns {Record<string, string>} */
export const answersOf = (pyodide) => JSON.parse(pyodide.runPython(ASK)(JSON.stringify(EXPRESSIONS)));
