import pytest

from pysim.export.corpus.distribution import Choice, Range, UnreadableError, read
from pysim.export.corpus.sampling import draw, run_seed
from pysim.export.corpus.specification import DRAWN, FaultyError, read_specification
from pysim.export.corpus.usual import USUAL
from pysim.options.table import BY_NAME

FAULTY = """\
runs = 0
sed = 3
beside = ["kernel", "slrum"]
[sample]
preset = ["clasic", "gpt2-124m"]
gpus = { least = 64, most = 8 }
incident = 3
inject = { count = [0, 1], cuse = "x", cause = ["gpu-of-bus"], place = "120%" }
size = "80x24"
start = "now"
[[population]]
weight = -1
[population.sample]
view = ["megatron", "conole"]
tokens = { least = "2B", most = "20s" }
[[population]]
sample = { gpus = "many", watchdog = { "10m" = 1, x = 2 } }
pears = true
"""


def faults(text: str) -> list[str]:
    with pytest.raises(FaultyError) as caught:
        read_specification(text)
    return [str(fault) for fault in caught.value.faults]


def test_the_usual_one_has_no_fault() -> None:
    specification = read_specification(USUAL)
    assert specification.runs == 100
    assert len(specification.populations) == 3
    assert {"kernel", "slurm", "megatron", "nanogpt"} <= set(specification.dialects)


def test_all_faults_are_found_with_their_lines() -> None:
    found = faults(FAULTY)
    assert [int(fault.partition(":")[0].removeprefix("line ")) for fault in found] == [
        *(1, 2, 3, 5, 6, 7, 8, 8, 8, 9, 10, 12, 14, 15, 17, 17, 18)
    ]  # fmt: skip
    said = "\n".join(found)
    for words in (
        "sed is no key; did you mean 'seed'?",
        "did you mean 'slurm'?",
        "sample.preset has 'clasic', which is not known; did you mean 'classic'?",
        "above its most",
        "sample.incident is no option of a run; did you mean 'incidents'?",
        "did you mean 'gpu-off-bus'?",
        "sample.size says how a run is watched",
        "population 2.sample.gpus has 'many', which is not a whole number",
    ):
        assert words in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("runs = [", "line 1: TOML cannot be read"),
        ("\n\nruns = 'x", "line 3: TOML cannot be read"),
        ("sample = 3", "sample is 3; it has to be a table"),
        ("population = 3", "population is written as [[population]]"),
        ("pairs = 'yes'", "pairs is 'yes'"),
        ("beside = 'kernel'", "beside is 'kernel'"),
        ("[sample]\ngpus = []", "line 2: sample.gpus is a list without anything"),
        ("[sample]\ngpus = true", "where a text or a number is wanted"),
        ("[sample]\ngpus = { least = 4 }", "needs both least and most"),
        ("[sample]\ngpus = { least = 4, most = 8, step = 2 }", "has the key 'step'"),
        ("[sample]\ngpus = { least = 0, most = 8, spread = 'log' }", "a least above 0"),
        ("[sample]\ngpus = { least = 1, most = 8, spread = 'odd' }", "it can be even or log"),
        ("[sample]\ngpus = { least = 1, most = 8, multiple = 0 }", "has the multiple 0"),
        ("[sample]\ngpus = { least = 'x', most = 8 }", "no number with a unit"),
        ("[sample]\nview = { megatron = 0 }", "needs weights from 0 on"),
        ("[sample]\nview = { megatron = 'x' }", "which is no number"),
        ("[sample]\ninject = 3", "a table of count, cause and place"),
        ("[sample]\ninject = { count = 99 }", "from 0 to 20"),
        ("[sample]\ninject = { count = [] }", "without anything to choose from"),
        ("[[population]]\nsample = 3", "population 1.sample is 3"),
    ],
)
def test_each_fault_says_what_would_be_right(text: str, words: str) -> None:
    assert words in "\n".join(faults(text))


def test_what_is_drawn_is_named_as_options_are() -> None:
    assert {
        "preset",
        "model",
        "gpus",
        "incidents",
        "seed",
        "from",
        "until",
        "inject",
        "view",
        "log-every",
    } <= DRAWN.keys()
    assert all(BY_NAME[name] is option for name, option in DRAWN.items())


def test_a_drawn_value_can_be_read() -> None:
    choice, whole, factor = (
        read({"a": 1, "b": 3}),
        read({"least": 8, "most": 64, "multiple": 8}),
        read({"least": "100M", "most": "1B", "spread": "log"}),
    )
    assert [choice.draw(each) for each in (0.1, 0.24, 0.26, 0.9)] == ["a", "a", "b", "b"]
    assert [whole.draw(each) for each in (0.001, 0.5, 0.999)] == ["8", "32", "64"]
    assert [factor.draw(each) for each in (1e-9, 0.5, 1 - 1e-9)] == ["100000000", "316228000", "1000000000"]
    assert read("x") == Choice(("x",), (1.0,))
    assert read({"least": 0.5, "most": 1.5}) == Range(0.5, 1.5, "", is_whole=False)
    with pytest.raises(UnreadableError):
        read({"least": "1h", "most": "3d"})


def test_a_run_follows_from_its_number_alone() -> None:
    specification = read_specification(USUAL)
    assert draw(specification, 7, 0) == draw(specification, 7, 0)
    assert draw(specification, 7, 0) != draw(specification, 7, 1)
    assert (
        len({run_seed(0, number) for number in range(2000)} | {run_seed(1, number) for number in range(2000)}) == 4000
    )


def test_another_option_changes_no_other_draw() -> None:
    more = USUAL.replace("incidents = [0, 1, 3]", "incidents = [0, 1, 3]\nspares = { least = 0, most = 9 }")
    for number in range(30):
        one, two = draw(read_specification(USUAL), number, 0), draw(read_specification(more), number, 0)
        assert {name: text for name, text in two.options.items() if name != "spares"} == one.options
        assert one.inject == two.inject
