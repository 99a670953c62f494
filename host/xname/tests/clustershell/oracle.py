"""Answers questions about sets of names with ClusterShell, a line for a line.

A question is two expressions and six folded sets, with tabs between them: the first and the second set, their union,
difference, intersection and symmetric difference. The answer is for each of the six: how many names ClusterShell finds
in its own result, these names, how it folds them, and the names that it reads in the folded set of the question. A
question of one expression is answered with its names. What ClusterShell refuses is answered with "!" and its words.
"""

import sys

from ClusterShell.NodeSet import NodeSet


def names(nodes):
    return " ".join(nodes)


def answer(fields):
    if len(fields) == 1:
        return [names(NodeSet(fields[0]))]
    first, second = NodeSet(fields[0]), NodeSet(fields[1])
    results = [first, second, first | second, first - second, first & second, first ^ second]
    told = []
    for result, folded in zip(results, fields[2:]):
        told += [str(len(result)), names(result), str(result), names(NodeSet(folded))]
    return told


for line in sys.stdin:
    try:
        told = answer(line.rstrip("\n").split("\t"))
    except Exception as refusal:
        told = ["!", " ".join(str(refusal).split())]
    print("\t".join(told), flush=True)
