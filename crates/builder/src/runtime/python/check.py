"""Reads every source file without running it, keeps what was compiled, and looks for the handler.

Arguments: workspace, where it is in the image, folder for the compiled modules, handler.
"""
import ast
import json
import os
import sys
import warnings

import kl_compile

warnings.simplefilter("ignore")
root, prefix, out, handler = sys.argv[1:]
errors = []


def source(path):
    with open(os.path.join(root, path), "rb") as file:
        return file.read()


def names(body):
    """Names that a module body defines, also inside if, try and with; None after `import *`."""
    found = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found.update(name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            if any(alias.name == "*" for alias in node.names):
                return None
            found.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
        else:
            for part in ("body", "orelse", "finalbody", "handlers"):
                for inner in getattr(node, part, []):
                    more = names(inner.body if isinstance(inner, ast.ExceptHandler) else [inner])
                    if more is None:
                        return None
                    found |= more
    return found


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
            text = (error.text or "").strip()
            message = "%s: %s" % (type(error).__name__, error.msg)
            errors.append({"file": path, "line": error.lineno, "message": message + (" — " + text[:200] if text else "")})
        except (ValueError, RecursionError, MemoryError) as error:
            errors.append({"file": path, "line": None, "message": "%s: %s" % (type(error).__name__, error)})

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
    body = ast.parse(source(present[0])).body
    defined = names(body)
    if defined is not None and function not in defined:
        functions = [node.name for node in body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        problem = "%s has no function %s" % (present[0], function)
        problem += "; it has %s." % ", ".join(functions[:5]) if functions else "."
print(json.dumps({"errors": errors, "handler": problem}))
