"""A run as Prometheus sees one: DCGM's exporter and node_exporter on every node, and what the trainer tells of itself.

Named are the metrics of NVIDIA's DCGM exporter 4.5.3-4.8.2 (etc/default-counters.csv, internal/pkg/rendermetrics) and of
Prometheus' node_exporter 1.12 (collector/fixtures/e2e-output.txt), those alone whose values a run knows. May be touched: the story and
NumPy; files only through the stream that is written to, and one for the numbers meanwhile (`spool`).
"""
