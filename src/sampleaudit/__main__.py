"""``python -m sampleaudit`` is the command ``sampleaudit``."""

from sampleaudit.cli import main

if __name__ == "__main__":
    main()
