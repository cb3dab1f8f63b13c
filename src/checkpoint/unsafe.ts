/**
 * What a pickle may not even name. Nothing here is ever executed, so this list guards the user's other tools, not this
 * one: a file that runs code in Python is no file to pass on. Modelled on what scanners of model hubs flag.
 */

/** Able to run code wherever they stand in a dotted path (`numpy.core.os.system`). */
const ANYWHERE = /(^|\.)(os|nt|posix|sys|subprocess|importlib|runpy|pty|ctypes)(\.|$)/;

/** Modules able to run code, or to open files or connections. */
const MODULE =
  /^(imp|commands|popen2|socket|ssl|shutil|webbrowser|codeop|asyncio|multiprocessing|pdb|bdb|profile|cProfile|timeit|doctest|_?pickle|cPickle|marshal|shelve|dill|cloudpickle|joblib|zipimport|pkgutil|pydoc|tempfile|http|httplib|urllib[23]?|requests|aiohttp|ftplib|smtplib|telnetlib|poplib|xmlrpc|sqlite3|ensurepip|venv|pip|setuptools|distutils|atexit|antigravity|idlelib|lib2to3|_?io|linecache|logging\.config|numpy\.(testing|distutils|f2py)|torch\.(hub|load|serialization|jit|ops|classes|package|fx|multiprocessing|_dynamo|_inductor|testing|utils\.(cpp_extension|bottleneck|_config_module)|distributed\.(rpc|elastic|run|launch)))(\.|$)/;

/** Functions of otherwise harmless modules. */
const FUNCTION =
  /^((.*\.)?builtins\.(eval|exec|execfile|compile|open|file|input|raw_input|breakpoint|apply|globals|locals|vars|setattr|delattr|help|exit|quit|map|filter|reduce|__\w+__)|torch\.storage\._load_from_bytes|operator\.(attrgetter|methodcaller)|types\.(Code|Function|Lambda)Type|codecs\.open|code\.[iI]nteract\w*|numpy\.(load|fromfile|memmap))$/;

/** Attributes by which any object leads to the interpreter. */
const ATTRIBUTE =
  /\.__(globals|builtins?|import|subclasses|class|bases?|mro|code|dict|getattribute|reduce|reduce_ex|init_subclass)__(\.|$)/;

/** @param path dotted module and name, `__builtin__` written as `builtins` */
export function isUnsafe(path: string): boolean {
  return [ANYWHERE, MODULE, FUNCTION, ATTRIBUTE].some((pattern) => pattern.test(path));
}
