"""What the three command lines share: how they end, how they write numbers and how they print a table.

Exit codes: 0 done; 1 failure while running; 2 anything wrong with an argument or a file it names; 130 interrupted, 143
and 129 ended by SIGTERM and SIGHUP.
Loads click alone; rich is loaded when a table is printed.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable
from typing import Any, TextIO, cast

import click

import bounds
from bounds import __version__
from bounds.base.arguments import Choice, Count, File, Grid, Number, close_file, in_any_case, printable, shown, unknown
from bounds.base.one_number import cut
from bounds.base.quantities import LARGEST
from bounds.cli.process import Named, Stopped, Unminded, hearing_signals, silence
from bounds.cli.readable import Readable, readable
from bounds.cli.terminal.completion import ASKED, SHELLS, answer_shell, print_script
from bounds.cli.terminal.meant import better
from bounds.cli.terminal.progress import asked, told

SCHEMA_VERSION = 1
"""Version of the keys of ``--json`` and of a saved result."""


class Checked(click.ParamType):
    """The type of a flag or an argument whose value a check of `bounds.base.arguments` reads."""

    def __init__(self, check: Callable[..., Any], metavar: str = "") -> None:
        self.check, self.name = check, metavar or getattr(check, "name", "value")

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str | None:
        """The words of a choice; nothing for other checks."""
        return f"[{'|'.join(self.check.allowed)}]" if isinstance(self.check, Choice) else None

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        """The words of a choice, or files; nothing for other checks."""
        from click.shell_completion import CompletionItem

        if isinstance(self.check, Choice):
            return [CompletionItem(word) for word in self.check.allowed if word.startswith(incomplete)]
        return [CompletionItem(incomplete, type="file")] if isinstance(self.check, File) else []

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """What the check makes of `value`, of a choice in any case; fails with one sentence that names the flag."""
        if isinstance(self.check, Choice) and isinstance(value, str):
            value = in_any_case(value, self.check.allowed) or value
        return parse_or_fail(self.check, value, name=flag_name(param))


class CountType(Checked):
    """A whole number as people write it: 1e6, 300B, 1.5T."""

    def __init__(self, low: int = 1, high: int = LARGEST) -> None:
        super().__init__(Count("value", low, high), "count")


class NumberType(Checked):
    """A number between two ends, as `bounds.base.arguments.Number` takes it."""

    def __init__(self, **limits: Any) -> None:
        super().__init__(Number("value", **limits), "float")


class GridType(Checked):
    """Whole numbers: 1e3:1e9:25 (log-spaced) or 1e3,1e6 (exactly these)."""

    def __init__(self) -> None:
        super().__init__(Grid("n-draws"), "grid")


class InputFile(click.Path):
    """The name of a file that is there, or - for standard input with `allow_dash`."""

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(exists=True, dir_okay=allow_dash, allow_dash=allow_dash)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name; where no such file is there, the sentence names the nearest one."""
        if not (self.allow_dash and value == "-") and not os.path.lexists(value):
            raise click.UsageError(f"{flag_name(param)}: {printable(value)} does not exist{close_file(value)}")
        return super().convert(value, param, ctx)


def flag_name(param: click.Parameter | None) -> str:
    """What sentences call a flag, without its dashes, or an argument."""
    if isinstance(param, click.Option):
        return param.opts[0].lstrip("-")
    if param is None:
        return "value"
    told = str(param.name) if "|" in param.human_readable_name else param.human_readable_name
    return told.lower().replace("_", "-").strip("[].")


class Command(click.Command):
    """A command whose arguments may be mistaken for flags: -3e11 is a number, not the flag -3."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, but for a negative number in the place of an argument, which is refused as such."""
        given = list(args)
        ctx.meta[_WORDS] = given
        self._refuse_repeated(given)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            found = next((one for one in given if one.startswith(error.option_name) and _NEGATIVE.match(one)), None)
            arguments = [param for param in self.params if isinstance(param, click.Argument)]
            if found is None:
                raise better(error, self.get_params(ctx), given) from None
            if not arguments:
                raise click.UsageError(f"{shown(found)} follows no flag that takes a value") from None
            arguments[0].type(found, arguments[0], ctx)
            raise click.UsageError(
                f"{flag_name(arguments[0])} must be a name, got {shown(found)}; write ./{found} for such a file"
            ) from None

    def invoke(self, ctx: click.Context) -> Any:
        """As click does, with progress shown of whatever takes long."""
        with told(asked()):
            return super().invoke(ctx)

    def _refuse_repeated(self, given: list[str]) -> None:
        """UsageError for a list that is given in pieces: of a flag that is not for repeating the last one counts."""
        for param in self.params:
            if isinstance(param, click.Option) and not param.multiple and param.metavar in LISTS:
                times = sum(word == flag or word.startswith(f"{flag}=") for word in given for flag in param.opts)
                if times > 1:
                    flag = param.opts[0]
                    raise click.UsageError(f"{flag} was given {times} times; it takes a list: {flag} {param.metavar}")


LISTS = ("K[,K...]", "GRID", "TIMES", "NAME[,NAME...]")
"""What flags are called in help whose one value is a list, with commas."""

_WORDS = "words as typed"


def words_of(ctx: click.Context) -> list[str]:
    """The arguments of the command at work, as they were typed."""
    found: list[str] = ctx.meta.get(_WORDS, [])
    return found


_NEGATIVE = re.compile(r"-(\.?\d|inf|nan)", re.IGNORECASE)


class Group(click.Group):
    """A group that knows what a mistyped command may have meant."""

    command_class = Command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does; where there is no such command, the error names the nearest one and all others."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise click.UsageError(str(unknown("command", args[0], self.commands)))
        return super().resolve_command(ctx, args)


def typed() -> set[str]:
    """The parameters of the command at work that stand on the command line, by their names in Python."""
    context = click.get_current_context()
    at = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in at.items() if source is click.core.ParameterSource.COMMANDLINE}


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
with_version = click.version_option(__version__, prog_name="efficiency-bounds")
"""Decorator: the flag --version."""


with_completion = click.option(
    "--completion", type=Checked(Choice("completion", SHELLS)), is_eager=True, expose_value=False,
    callback=print_script,
    help="Print what this shell reads to complete our commands: source <(python -m bounds --completion bash).",
)  # fmt: skip


def command_group(text: str) -> click.Group:
    """A group of commands with the flags that every one of ours has: -h, --version and --completion."""
    group = Group(help=text, context_settings={"help_option_names": ["-h", "--help"]})
    return with_completion(with_version(group))


def provenance(parameters: dict[str, Any]) -> dict[str, Any]:
    """What an object of ``--json`` says of where it comes from: this version, and what was asked."""
    return {"software": f"efficiency-bounds {__version__}", "parameters": parameters}


def parse_or_fail(parse: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """``parse(...)``, with a ValueError turned into a usage error (exit code 2)."""
    try:
        return parse(*arguments, **options)
    except ValueError as error:
        raise click.UsageError(str(error)) from None


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""What a disk says that takes no more: no fault of a name."""


def run(command: click.Command, program: str) -> None:
    """Run a command line and leave the process with the right exit code, without a traceback for bad input."""
    _open_streams()
    warnings.showwarning = show_warning
    try:
        with hearing_signals():
            result = None
            if ASKED in os.environ:
                answer_shell(command, program)
            else:
                result = command.main(prog_name=program, standalone_mode=False)
            sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        sys.exit(0)
    except click.NoSuchOption as error:
        more = f" {error.ctx.command_path} --help lists them" if error.ctx and not error.possibilities else ""
        _leave(error.exit_code, error.format_message() + more)
    except click.UsageError as error:
        lacking = isinstance(error, click.MissingParameter) or "unexpected extra argument" in error.message
        more = f" {error.ctx.command_path} --help says what it takes" if error.ctx and lacking else ""
        said = error.format_message()
        _leave(error.exit_code, f"{said.removesuffix('.')}.{more}" if more else said)
    except click.ClickException as error:
        _leave(error.exit_code, error.format_message())
    except (click.Abort, KeyboardInterrupt) as error:
        if isinstance(error.__cause__, EOFError):  # click takes it for the end of an answer, and we ask nothing
            _leave(1, _fault(error.__cause__))
        _end(Stopped(signal.SIGINT))
    except Stopped as stopped:
        _end(stopped)
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough; click itself exits, with 1, where it notices first. Python would
        # complain once more when it closes stdout.
        silence(sys.stdout)
        sys.exit(0)
    except MemoryError:
        _leave(1, "out of memory; ask for fewer draws, fewer threads or a source with a lighter tail")
    except OverflowError as error:
        _leave(2, f"a number is too large to compute with ({error})")
    except (ValueError, OSError) as error:
        _leave(1 if isinstance(error, OSError) and error.errno in FULL else 2, describe(error))
    except Exception as error:  # noqa: BLE001  (whatever it is, a traceback helps no reader)
        _leave(1, _fault(error))
    else:
        sys.exit(result if isinstance(result, int) else 0)


def _fault(error: BaseException) -> str:
    """One sentence for an error that nobody expected, with the last line of ours that it passed."""
    root = os.path.dirname(os.path.dirname(os.path.abspath(bounds.__file__)))
    packages = tuple(os.path.join(root, name, "") for name in ("bounds", "simulate", "experiments"))
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(packages)]
    where = f" ({os.path.relpath(frames[-1].filename, root)}, line {frames[-1].lineno})" if frames else ""
    words = " ".join(str(error).split())
    name = (
        type(error).__name__
        if type(error).__module__ == "builtins"
        else f"{type(error).__module__}.{type(error).__name__}"
    )
    return f"{name}{f': {words}' if words else ''}{where}; this is a fault of the program, please report it"


def show_warning(message: Any, category: Any, *where: Any, **more: Any) -> None:
    """What our own functions warn of as a sentence, without the place in the code that Python would add."""
    if category is UserWarning:
        print(f"! {one_line(str(message))}", file=sys.stderr)
    else:
        _as_python_does(message, category, *where, **more)


_as_python_does = warnings.showwarning


def _end(stopped: Stopped) -> None:
    print(f"error: {stopped}", file=sys.stderr, flush=True)
    # Everything is unwound by now but threads in compiled loops, which a normal exit would wait for.
    os._exit(stopped.code)


def _open_streams() -> None:
    """Give a process whose streams were closed somewhere to write, and replace what its terminal cannot show."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  (open until the process ends)
        elif hasattr(getattr(sys, name), "reconfigure"):
            getattr(sys, name).reconfigure(errors="spelled")
    # No run ends because nobody hears of it. Streams are a program's, which may run many commands.
    if not isinstance(sys.stdout, Readable):
        sys.stdout = readable(cast("TextIO", Named(sys.stdout, "standard output")))
    if not isinstance(sys.stderr, Readable):
        sys.stderr = readable(cast("TextIO", Unminded(sys.stderr)))


def describe(error: Exception) -> str:
    """One sentence for an error: of an operating-system error, what failed and on which file."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


_LONG_PATH = 400


def one_line(message: str) -> str:
    """`message` on one line of printable characters; words of the command line that it quotes are cut where long.

    A path of some folders stays whole: who reads it looks for its end.
    """
    for word in _words():
        for written in {word, repr(word)[1:-1]}:
            if len(written) > _LONG_PATH:
                message = message.replace(written, cut(written))
            elif written:
                message = message.replace(written, printable(written))
    text = printable(_BREAK.sub(" ", message.strip()))
    return re.sub(rf"\S{{{_LONG_PATH},}}", lambda found: cut(found[0]), text)


_BREAK = re.compile(r"\s*\n\s*")


def _words() -> Iterable[str]:
    """The words of the command line, the values of flags that stand behind =, and the names of files in either."""
    for word in sys.argv[1:]:
        yield word
        if word.startswith("-"):
            yield word.partition("=")[2]
        yield os.path.basename(word.rpartition("=")[2])


def _leave(code: int, message: str) -> None:
    print(f"error: {one_line(message)}", file=sys.stderr)
    sys.exit(code)
