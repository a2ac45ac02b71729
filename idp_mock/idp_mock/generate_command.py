"""The command `sferum-idp-mock generate`: an invented world into a file or to the standard output."""

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

_DONE, _INTERRUPTED, _CANNOT = 0, 130, 2
_YAML = (".yaml", ".yml")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds what the command understands."""
    parser.add_argument("--pupils", type=int, required=True, metavar="N", help="сколько учеников (how many pupils)")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="то же число — тот же мир (the same gives the same world) [1]"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="файл; иначе стандартный вывод (else standard output)")
    parser.add_argument(
        "--format", choices=("jsonl", "yaml"), help="по имени файла, иначе jsonl; yaml до 10 000 человек (by the name)"
    )
    parser.add_argument(
        "--policy", choices=("STRICT", "LENIENT", "ROLE_ONLY"), default="STRICT", help="ownership_policy [STRICT]"
    )
    parser.add_argument(
        "--municipalities", type=int, metavar="M", help="сколько муниципалитетов; иначе по одному на 14 школ"
    )


def run(options: argparse.Namespace) -> int:
    """Generates a world.

    Returns:
        0 if all is written; 2 if an option or the file cannot be, with the reason on stderr and no file left; 130 if
        it was interrupted; 1 if nobody reads the standard output any more.
    """
    # Loaded here: every start of the simulator makes the parser of this command too.
    from idp_mock.world.generate import MOST_YAML_PERSONS, Region, TooManyPersons, write_json_lines, write_yaml

    try:
        region = Region(options.pupils, options.seed, options.policy, options.municipalities)
    except ValueError as error:
        return _refused(str(error))
    as_yaml = options.format == "yaml" or (not options.format and options.out and options.out.suffix.lower() in _YAML)
    write = write_yaml if as_yaml else write_json_lines
    try:
        with _output(options.out) as stream, _progress(options.pupils) as progress:
            persons = write(region.lines(progress), stream)
    except TooManyPersons:
        return _refused(f"more than {MOST_YAML_PERSONS} persons do not go into YAML: use --format jsonl")
    except BrokenPipeError:
        # The interpreter would fail again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _refused(f"{options.out}: {error.strerror}")
    except KeyboardInterrupt:
        return _INTERRUPTED
    if options.out:
        print(f"{options.out}: {persons} persons")
    return _DONE


def _refused(reason: str) -> int:
    print(f"sferum-idp-mock generate: {reason}", file=sys.stderr)
    return _CANNOT


@contextmanager
def _output(file: Path | None) -> Iterator[TextIO]:
    """The file, which is whole or not there at all, or the standard output."""
    if file is None or (file.exists() and not file.is_file()):
        where = sys.stdout.fileno() if file is None else file
        with open(where, "w", encoding="utf-8", newline="\n", closefd=file is not None) as stream:
            yield stream
        return
    part = file.with_name(f".{file.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _progress(pupils: int) -> Iterator[Callable[[int], None] | None]:
    """A line that grows on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return

    def show(done: int) -> None:
        share = done / pupils
        bar = "#" * int(share * 30)
        print(f"\r[{bar:<30}] {share:4.0%}  {done} / {pupils}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print(file=sys.stderr)
