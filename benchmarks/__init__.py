"""What the library costs, in time and memory, as ratios within one run.

``python -m benchmarks`` measures all groups, ``python -m benchmarks draw`` one of them. A time says
as much about the machine as about the code, so each is set beside something fixed that is measured
in the same run, in turns: hashing alone, bare Python, or a numpy yardstick.
"""
