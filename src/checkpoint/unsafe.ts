/**
 * Names that a pickle may not even mention. Nothing is ever executed here, so this protects the user's other tools: a file that runs
 * code when Python opens it should not be passed on. The list follows what scanners of model hubs flag. A name is refused for what it
 * does in Python's library and the usual packages, not for a word in it: a user's package may be called `commands` or `http`.
 */

/** Modules that can run code, wherever they are in a dotted path: a name may lead through other modules, as in `numpy.core.os.system`. */
const ANYWHERE = /(^|\.)(os|nt|posix|sys|subprocess|importlib|runpy|pty|ctypes)(\.|$)/;

/** Modules that run code or open files or connections, without a class that is worth pickling. No other package has these names. */
const MODULE =
  /^(imp|popen2|socket|ssl|shutil|webbrowser|codeop|asyncio|multiprocessing|pdb|bdb|cProfile|timeit|doctest|_?pickle|cPickle|marshal|shelve|dill|cloudpickle|zipimport|pkgutil|pydoc|tempfile|httplib|urllib[23]?|requests|aiohttp|ftplib|smtplib|telnetlib|poplib|imaplib|xmlrpc|sqlite3|ensurepip|venv|pip|setuptools|distutils|atexit|antigravity|idlelib|lib2to3|linecache|_pyrepl|_aix_support|_osx_support|logging\.config|http\.(client|server)|test\.support|numpy\.(testing|distutils|f2py)|torch\.(hub|ops|classes|package|multiprocessing|_inductor|testing|utils\.(cpp_extension|bottleneck|collect_env)|distributed\.(rpc|elastic|run|launch)))(\.|$)/;

/** Functions and classes in modules whose other names are harmless, or may be a user's own. */
const FUNCTION = new RegExp(
  [
    String.raw`(.*\.)?builtins\.(eval|exec|execfile|compile|open|file|input|raw_input|breakpoint|apply|globals|locals|vars|setattr|delattr|help|exit|quit|map|filter|reduce|__\w+__)`,
    String.raw`operator\.(attrgetter|methodcaller)`,
    String.raw`types\.(Code|Function|Lambda|Method)Type`,
    String.raw`code\.([iI]nteract\w*|compile_command)(\..*)?`,
    String.raw`codecs\.open|_?io\.(open\w*|File\w*|\w*Wrapper)`,
    // Python 2's modules, and single-file modules, which have no submodules.
    String.raw`commands\.get(status)?(output)?`,
    String.raw`(profile|trace)\.(run\w*|main|Profile|Trace)(\.\w+)?`,
    String.raw`uuid\._\w+|sysconfig\._\w+|platform\.(popen|_syscmd\w*)|site\.exec\w*`,
    String.raw`numpy\.(load|fromfile|memmap|core\.memmap|lib\.\w+\.load)`,
    String.raw`joblib\.(.*\.)?(load\w*|_?un\w+|\w*Pickler|Memory|\w*Func)`,
    // PyTorch's loaders that unpickle, compile or import.
    String.raw`torch\.(serialization\.|jit\.(\w+\.)*)?_?(legacy_)?load\w*`,
    String.raw`torch\.jit\.(.*\.)?(script|trace|exec\w*|CompilationUnit|eval\w*)`,
    String.raw`torch\.fx\.(.*\.)?(reduce_\w+|_exec\w*|_deserialize\w+|_forward_from_src|_method_from_src|evaluate\w*)`,
    String.raw`torch\.(.*\.)?(load_config|GuardBuilder(\.\w+)?|basichandlers|exec\w*|evaluate_guards\w*)`,
  ]
    .map((form) => `^(${form})$`)
    .join('|'),
);

/** Attributes through which any object leads to the interpreter. */
const ATTRIBUTE =
  /\.__(globals|builtins?|import|subclasses|class|bases?|mro|code|dict|getattribute|reduce|reduce_ex|init_subclass)__(\.|$)/;

/** @param path dotted module and name, with `__builtin__` written as `builtins` */
export function isUnsafe(path: string): boolean {
  return [ANYWHERE, MODULE, FUNCTION, ATTRIBUTE].some((pattern) => pattern.test(path));
}
