"""Starts a function. Short, because Python compiles the script that it is started with anew every time."""
import sys

sys.path.append(__file__.rpartition("/")[0])

from kl_function import main  # noqa: E402

main()
