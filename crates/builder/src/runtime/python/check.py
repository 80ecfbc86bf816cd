"""Reads every source file without running it, keeps what was compiled, and looks for the handler.

Arguments: workspace, where it is in the image, folder for the compiled modules, handler.
Of the standard library only what every start of Python loads anyway: `ast` and `json` alone would take
as long as all the rest.
"""
import os
import sys
import warnings
from _ast import PyCF_ONLY_AST
from _json import encode_basestring_ascii as quoted

import kl_compile

warnings.simplefilter("ignore")
root, prefix, out, handler = sys.argv[1:]
errors = []


def source(path):
    with open(os.path.join(root, path), "rb") as file:
        return file.read()


def kind(node):
    return type(node).__name__


def bound(target):
    """Names that an assignment to `target` binds."""
    if kind(target) == "Name":
        return {target.id}
    inner = getattr(target, "elts", None) or [getattr(target, "value", None)]
    starred = kind(target) in ("Tuple", "List", "Starred")
    return {name for one in inner if starred for name in bound(one)}


def names(body):
    """Names that a module body defines, also inside if, try and with; None after `import *`."""
    found = set()
    for node in body:
        if kind(node) in ("FunctionDef", "AsyncFunctionDef", "ClassDef"):
            found.add(node.name)
        elif kind(node) in ("Assign", "AnnAssign"):
            for target in node.targets if kind(node) == "Assign" else [node.target]:
                found |= bound(target)
        elif kind(node) in ("Import", "ImportFrom"):
            if any(alias.name == "*" for alias in node.names):
                return None
            found.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        else:
            for part in ("body", "orelse", "finalbody", "handlers"):
                for inner in getattr(node, part, []):
                    more = names(inner.body if kind(inner) == "ExceptHandler" else [inner])
                    if more is None:
                        return None
                    found |= more
    return found


def failed(path, line, error, text=""):
    message = "%s: %s" % (type(error).__name__, getattr(error, "msg", error))
    errors.append((path, line, message + (" — " + text[:200] if text else "")))


def as_json(value):
    """Texts, numbers, None, and tuples that stand for an error."""
    if isinstance(value, tuple):
        pairs = zip(("file", "line", "message"), value)
        return "{%s}" % ",".join('"%s":%s' % (name, as_json(one)) for name, one in pairs)
    return "null" if value is None else quoted(value) if isinstance(value, str) else str(value)


for folder, folders, files in os.walk(root):
    folders[:] = sorted(name for name in folders if name not in ("node_modules", "venv", ".venv", "__pycache__", ".git"))
    for name in sorted(files):
        if not name.endswith(".py") or len(errors) >= 20:
            continue
        path = os.path.relpath(os.path.join(folder, name), root)
        try:
            text = source(path)
            kl_compile.keep(compile(text, os.path.join(prefix, path), "exec", dont_inherit=True), text, path, out)
        except SyntaxError as error:
            failed(path, error.lineno, error, (error.text or "").strip())
        except (ValueError, RecursionError, MemoryError) as error:
            failed(path, None, error)

problem = None
module, _, function = handler.rpartition(".")
base = module.replace(".", "/")
candidates = [base + ".py", base + "/__init__.py"]
present = [path for path in candidates if os.path.isfile(os.path.join(root, path))]
if not module:
    problem = "The handler %s is not <module>.<function>." % handler
elif not present:
    problem = "There is no file %s for the handler %s." % (candidates[0], handler)
elif not errors:
    body = compile(source(present[0]), present[0], "exec", PyCF_ONLY_AST, dont_inherit=True).body
    defined = names(body)
    if defined is not None and function not in defined:
        functions = [node.name for node in body if kind(node) in ("FunctionDef", "AsyncFunctionDef")]
        problem = "%s has no function %s" % (present[0], function)
        problem += "; it has %s." % ", ".join(functions[:5]) if functions else "."
print('{"errors":[%s],"handler":%s}' % (",".join(map(as_json, errors)), as_json(problem)))
