"""The same estimates by other software, each in a process of its own, on the same data file.

``make bench-peers`` installs svy and samplics from PyPI into build/peers and runs this; R's survey
package is measured if ``Rscript`` has it. Nothing of it is needed to use or develop sampleaudit.
"""
