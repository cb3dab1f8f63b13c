"""Python packages that these scripts want, and which they do without by saying so."""
import importlib
import sys


def require(*names):
    """The modules; where one is not installed, the script ends with the reason and without an error."""
    modules = []
    for name in names:
        try:
            modules.append(importlib.import_module(name))
        except ImportError as error:
            print(f'Skipped: {error}. To run it: pip install -r test/libraries/requirements.txt')
            sys.exit(0)
    return modules[0] if len(modules) == 1 else modules
