"""Reads NCCL's and RCCL's start-up lines and torchrun's banner, cut at the screen's edge or whole.

A line under the library's label that has none of the known forms is read as none: the library prints no bandwidth and no
duration of a collective.
"""

import re

LINE = re.compile(
    r"(?:(?P<host>[a-z0-9-]+):(?P<process>\d+):(?P<thread>\d+) )?\[(?P<device>\d+)\] NCCL INFO (?P<text>.*)"
)
LAUNCHER = re.compile(
    r"(?:W(?P<date>\d{4}) (?P<clock>\d\d:\d\d:\d\d)\.\d{3}000 (?P<process>\d+) torch/distributed/run\.py:\d+\])? ?"
    r"(?P<text>\*+…?|Setting OMP_NUM_THREADS .*|Set.*…|)"
)
BARE = re.compile(r"(?:HIP version  |ROCm version |Hostname     |Librccl path ): \S+")
CUT = re.compile(r"(?:…|\.\.\.)(?= - Init|$)")
DOCUMENTATION = re.compile(r"(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d+")  # RFC 5737

_HEX = r"0x[0-9a-f]+"
_FORMS = {  # in the order in which a rank says them; the ends are what a cut may take away
    "driver": r"cudaDriverVersion \d+",
    "bootstrap": r"Bootstrap: Using \w+:(?P<address>[\d.]+)<0>",
    "version": r"(?:NCCL version [\d.]+\+cuda[\d.]+|RCCL version : \S+)",
    "net": r"NET/(?:IB|Socket) : Using (?:\[\d+\]\S+ ?)+(?:\[RO\]; OOB \w+:(?P<address>[\d.]+)<0>)?",
    "network": r"Using network (?:IB|Socket)",
    "start": rf"ncclCommInitRankConfig(?:_impl)? comm (?P<pointer>{_HEX}) rank (?P<rank>\d+) nranks (?P<ranks>\d+) cudaDev (?P<cuda>\d+) "
    rf"nvmlDev (?P<nvml>\d+) busId (?P<bus>[0-9a-f]+) commId (?P<id>{_HEX}) - Init START",
    "timings": r"Bootstrap timings total (?P<total>[\d.]+) \(create (?P<create>[\d.]+), send (?P<send>[\d.]+), recv (?P<recv>[\d.]+), "
    r"ring (?P<ring>[\d.]+), delay (?P<delay>[\d.]+)\)",
    "nvls": r"NVLS multicast support is available on dev \d+ \(NVLS_NCHANNELS (?P<nvls>\d+)\)",
    "placed": rf"comm (?P<pointer>{_HEX}) rank (?P<rank>\d+) nRanks (?P<ranks>\d+) nNodes (?P<nodes>\d+) localRanks (?P<local_ranks>\d+) "
    r"localRank (?P<local_rank>\d+) MNNVL 0",
    "ring": r"Channel (?P<channel>\d+)/(?P<channels>\d+) : (?P<order>\d+(?: \d+)*)",
    "trees": rf"Trees (?P<trees>(?:\[\d+\] -?\d+/-?\d+/-?\d+->\d+->-?\d+ ?)+)(?:comm {_HEX} nRanks \d+ busId [0-9a-f]+)?",
    "chunk": r"P2P Chunksize set to (?:131072|524288)",
    "peer": r"Channel (?P<channel>\d+)/0 : (?P<sender>\d+)\[(?P<sender_device>\d+)\] -> (?P<receiver>\d+)\[(?P<receiver_device>\d+)\]"
    rf"(?: \[(?:send|receive)\])? via (?:P2P/CUMEM|P2P/IPC|SHM/direct/direct|NET/IB/\d+/GDRDMA|NET/Socket/\d+)(?: comm {_HEX} nRanks \d+)?",
    "connected": r"Connected (?:all rings|all trees|NVLS tree)",
    "thresholds": r"threadThresholds 8/8/64 \| (?P<threshold>\d+)/8/64 \| (?:512 \| 512|256 \| 256)",
    "channels": r"(?P<channels>\d+) coll channels, 0 collnet channels, (?P<nvls>\d+) nvls channels, \d+ p2p channels, \d+ p2p channels per peer",
    "fifo": r"CC Off, workFifoBytes \d+",
    "complete": rf"ncclCommInitRankConfig(?:_impl)? comm (?P<pointer>{_HEX}) rank (?P<rank>\d+) nranks (?P<ranks>\d+) cudaDev (?P<cuda>\d+) "
    rf"nvmlDev (?P<nvml>\d+) busId (?P<bus>[0-9a-f]+) commId (?P<id>{_HEX}) - Init COMPLETE",
    "parts": r"Init timings - ncclCommInitRankConfig(?:_impl)?: rank (?P<rank>\d+) nranks (?P<ranks>\d+) total (?P<total>[\d.]+) "
    r"\(kernels (?P<kernels>[\d.]+), alloc (?P<alloc>[\d.]+), bootstrap (?P<boot>[\d.]+), allgathers (?P<gathers>[\d.]+), topo (?P<topo>[\d.]+), "
    r"graphs (?P<graphs>[\d.]+), connections (?P<connections>[\d.]+), rest (?P<rest>[\d.]+)\)",
}  # fmt: skip
ORDER = tuple(_FORMS)
_PATTERNS = {name: re.compile(form) for name, form in _FORMS.items()}
_LEADS = {  # of a line that is cut: where it is cut at worst, and what can still be read
    "bootstrap": "Bootstrap: ", "net": "NET/", "start": "ncclComm.*START", "complete": "ncclComm.*COMPLETE",
    "timings": "Bootstrap timings ", "nvls": "NVLS ", "placed": "comm 0x", "peer": r"Channel \d+/0 : ", "ring": r"Channel \d+/\d\d : ", "trees": "Trees ",
    "thresholds": "threadTh", "channels": r"\d+ coll", "parts": "Init timings ", "version": "[NR]CCL version", "chunk": "P2P Chunk", "fifo": "CC Off",
}  # fmt: skip
_PIECES = {  # what can be read of a cut line, if it stands before the cut
    "pointer": rf"comm ({_HEX}) ", "rank": r"rank (\d+) ", "ranks": r"n[rR]anks (\d+) ", "cuda": r"cudaDev (\d+) ", "bus": r"busId ([0-9a-f]+) ",
    "id": rf"commId ({_HEX}) ", "trees": r"Trees ((?:\[\d+\] \S+ )+)", "order": r" : (\d+(?: \d+)*) ", "channels": r"/(\d+) : |^(\d+) coll ",
}  # fmt: skip


def read(text: str) -> tuple[str | None, dict[str, str]]:
    """Which form a line has, and what it says; None if the library knows no such line."""
    cut = CUT.search(text)
    if cut is None:
        for name, pattern in _PATTERNS.items():
            found = pattern.fullmatch(text)
            if found:
                return name, {key: value for key, value in found.groupdict().items() if value is not None}
        return None, {}
    kind = next((name for name, lead in _LEADS.items() if re.match(lead, text)), None)
    before = text[: cut.start()]
    words = before[: before.rfind(" ") + 1]  # the last one may be half a word
    pieces = {key: re.search(pattern, words) for key, pattern in _PIECES.items()}
    return kind, {key: next(filter(None, found.groups())) for key, found in pieces.items() if found} | {"cut": "yes"}
