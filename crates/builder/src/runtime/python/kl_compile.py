"""Compiled modules that depend on their source alone, and on no time and no place."""
import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER
from _imp import source_hash

# With the source's hash, which nobody compares when the module is loaded: images do not change.
UNCHECKED = (1).to_bytes(4, "little")


def keep(code, source, path, out):
    """Writes what `import` looks for beside `path`, below `out`."""
    folder, name = os.path.split(path)
    folder = os.path.join(out, folder, "__pycache__")
    os.makedirs(folder, exist_ok=True)
    compiled = "%s.%s.pyc" % (name[: -len(".py")], sys.implementation.cache_tag)
    hashed = source_hash(int.from_bytes(MAGIC_NUMBER, "little"), source)
    with open(os.path.join(folder, compiled), "wb") as file:
        file.write(MAGIC_NUMBER + UNCHECKED + hashed + marshal.dumps(code))


def main(root, prefix, out):
    """All of a folder that can be compiled; packages also bring sources of other Pythons along."""
    import warnings

    warnings.simplefilter("ignore")
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            if not name.endswith(".py"):
                continue
            path = os.path.relpath(os.path.join(folder, name), root)
            try:
                with open(os.path.join(root, path), "rb") as file:
                    source = file.read()
                code = compile(source, os.path.join(prefix, path), "exec", dont_inherit=True)
                keep(code, source, path, out)
            except (SyntaxError, ValueError, RecursionError, MemoryError, OSError):
                continue


if __name__ == "__main__":
    main(*sys.argv[1:])
