"""Syntax trees of the package's files, for tests about the code itself."""

import ast
import gc


def syntax_tree(text: str) -> ast.Module:
    """Return the tree of a file's text.

    Fibers of earlier tests that are collected while CPython 3.11 builds a tree make it fail ("recursion depth
    mismatch"), so nothing is collected meanwhile.
    """
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        gc.enable()
