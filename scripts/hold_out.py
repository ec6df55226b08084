#!/usr/bin/env python3
"""Writes the part of a folder of books that models/pocket.gguf was not trained on: the last eighth of each.

    scripts/hold_out.py BOOKS_FOLDER experiments/03-extrapolation/books
"""
import glob
import os
import sys


def split(book):
    """(trained on, held out) of a book's bytes; what is held out begins with the line after the cut."""
    cut = len(book) * 7 // 8
    line = book.find(b"\n", cut) + 1
    return book[:cut], book[line or cut:]


def books(folder):
    """(name, bytes) of every .txt file, by name."""
    files = sorted(glob.glob(os.path.join(folder, "*.txt")))
    if not files:
        sys.exit(f"{folder}: no .txt files; a folder of books was expected")
    return [(os.path.basename(f), open(f, "rb").read()) for f in files]


def main():
    if len(sys.argv) != 3 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__.strip())
    os.makedirs(sys.argv[2], exist_ok=True)
    for name, book in books(sys.argv[1]):
        with open(os.path.join(sys.argv[2], name), "wb") as out:
            out.write(split(book)[1])
        print(os.path.join(sys.argv[2], name))


if __name__ == "__main__":
    main()
