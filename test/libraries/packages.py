"""Python packages that these scripts need. If one is missing, they say so."""
import importlib
import sys


def require(*names):
    """The modules. If one is not installed, the script prints the reason and ends without an error."""
    modules = []
    for name in names:
        try:
            modules.append(importlib.import_module(name))
        except ImportError as error:
            print(f'Skipped: {error}. To run it: pip install -r test/libraries/requirements.txt')
            sys.exit(0)
    return modules[0] if len(modules) == 1 else modules
