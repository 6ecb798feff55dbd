from __future__ import annotations


def unlabelled_python(one):
    return one.page.suffix == ".py" and not one.language
