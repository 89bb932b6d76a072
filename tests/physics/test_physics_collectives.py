import pytest

from pysim.catalog import Interconnect
from pysim.physics.collectives import (
    all_gather_seconds,
    all_reduce_seconds,
    all_to_all_seconds,
    bus_bandwidth,
    reduce_scatter_seconds,
)

MIB = 2**20
NVLINK_5 = Interconnect("nvlink", "NVLink 5", 900.0, 846.0, 5.0, "stas00/ml-engineering")
NVLINK_4 = Interconnect("nvlink", "NVLink 4", 450.0, 480.0, 5.0, "nccl-tests #212")
NIC_50 = Interconnect("nic", "50 GB/s", 50.0, 37.0, 10.0, "stas00/ml-engineering: 74 % of the line rate on 4 nodes")


@pytest.mark.parametrize(("mebibytes", "measured"), [(1, 36), (16, 255), (512, 688), (16_384, 846)])
def test_eight_b200_reach_the_bus_bandwidth_of_nccl_tests(mebibytes: int, measured: float) -> None:
    assert bus_bandwidth(mebibytes * MIB, 8, 8, NVLINK_5, NIC_50) == pytest.approx(measured, rel=0.5)


@pytest.mark.parametrize("measured", [(16, 64), (256, 229), (1024, 362), (16_384, 382)])
def test_four_nodes_of_b200_reach_the_bus_bandwidth_of_nccl_tests(measured: tuple[int, float]) -> None:
    mebibytes, gigabytes_per_second = measured
    predicted = bus_bandwidth(mebibytes * MIB, 32, 8, NVLINK_5, NIC_50)
    assert predicted == pytest.approx(gigabytes_per_second, rel=0.3)


def test_bus_bandwidth_rises_with_the_message() -> None:
    sizes = [bus_bandwidth(MIB * 4**power, 64, 8, NVLINK_4, NIC_50) for power in range(8)]
    assert sizes == sorted(sizes)


def test_one_rank_has_nobody_to_talk_to() -> None:
    for collective in (all_reduce_seconds, all_gather_seconds, reduce_scatter_seconds, all_to_all_seconds):
        assert collective(MIB, 1, 8, NVLINK_4, NIC_50) == 0.0
    assert bus_bandwidth(MIB, 1, 8, NVLINK_4, NIC_50) == 0.0


def test_in_switch_reduction_helps_sums_only() -> None:
    """480 GB/s of an all-reduce over eight H100, 370 by rings (NVIDIA/nccl-tests issue 212): gathering is done by rings."""
    message = 1e12
    seconds = all_gather_seconds(message, 8, 8, NVLINK_4, NIC_50)
    assert 7 / 8 * message / seconds / 1e9 == pytest.approx(370, rel=0.03)
    assert reduce_scatter_seconds(message, 8, 8, NVLINK_4, NIC_50) == seconds
    assert bus_bandwidth(message, 8, 8, NVLINK_4, NIC_50) == pytest.approx(470, rel=0.03)


def test_an_all_reduce_is_a_reduce_scatter_and_an_all_gather() -> None:
    whole = all_reduce_seconds(1e10, 64, 8, NVLINK_4, NIC_50)
    halves = [half(1e10, 64, 8, NVLINK_4, NIC_50) for half in (reduce_scatter_seconds, all_gather_seconds)]
    assert whole == pytest.approx(sum(halves), rel=0.02)


def test_the_slower_network_decides_between_nodes() -> None:
    inside, across = (all_reduce_seconds(1e9, 8, local, NVLINK_4, NIC_50) for local in (8, 1))
    assert across > 10 * inside
    assert all_to_all_seconds(1e9, 8, 1, NVLINK_4, NIC_50) > all_to_all_seconds(1e9, 8, 8, NVLINK_4, NIC_50)
