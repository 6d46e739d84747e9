"""What a shell asks for when somebody presses Tab: ``source <(python -m bounds --completion bash)``.

The commands run as ``python -m bounds``, so that the function that a shell calls is Python's own completion: it asks
the same Python for what may follow where the package is ours, and completes names of files where it is not. What may
follow is click's to say; names of laws, sources, experiments and the like are those that the commands take.
Loads nothing heavy, and nothing at all where no shell asks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem, ShellComplete, split_arg_string

ASKED = "_EFFICIENCY_BOUNDS_COMPLETE"
"""The variable of the environment that says that a shell asks about the line in COMP_LINE."""
SHELLS = ("bash", "zsh", "fish")

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

# bash splits words at : and =, which ours may hold: what stands before the last of these is cut from the answers. zsh,
# which reads the same after bashcompinit, does not, so that its answers are whole, the flag before a = included, and
# end with the space that follows them.
_BASH = """\
[[ -n $ZSH_VERSION ]] && { autoload -Uz compinit bashcompinit && compinit -i && bashcompinit; }
_efficiency_bounds() {
    local line="${COMP_LINE:0:$COMP_POINT}" answers kind value before flag name
    local word="${line##*[[:space:]]}"
    local package="$(echo "$line" | sed -nE 's/^ *[^ ]+ +-m +([a-z]+) .*$/\\1/p')"
    if [[ $package == bounds || $package == simulate || $package == experiments ]]; then
        answers="$(%(asked)s=1 COMP_LINE="$line" "$1" -m "$package" 2>/dev/null)"
    elif [[ $line =~ [[:space:]]-m[[:space:]]+[a-z]*$ ]]; then
        answers="$(printf 'plain,%%s\\n' bounds simulate experiments)"
    else
        answers="file,"
    fi
    before="${word%%"${word##*[:=]}"}" flag=""
    [[ -n $ZSH_VERSION ]] && { before=""; [[ $word == --*=* ]] && flag="${word%%%%=*}="; }
    COMPREPLY=()
    while IFS=, read -r kind value; do
        [[ -n $ZSH_VERSION && $value != *[:=,] ]] && value+=" "
        case "$kind" in
            plain) [[ $value == "$word"* || $value == "${word##*=}"* ]] && COMPREPLY+=("$flag${value#"$before"}") ;;
            file) while read -r name; do
                    [[ -n $ZSH_VERSION ]] && { [[ -d $name ]] && name+=/ || name+=" "; }
                    COMPREPLY+=("$flag$name")
                done < <(compgen -f -- "${word##*=}")
                type compopt &>/dev/null && compopt -o filenames ;;
        esac
    done <<< "$answers"
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[*]} == *[:=,] ]]; then
        type compopt &>/dev/null && compopt -o nospace
    fi
    return 0
}
complete ${ZSH_VERSION:+-o} ${ZSH_VERSION:+nospace} -F _efficiency_bounds python python3
"""
_FISH = """\
function __efficiency_bounds_asked
    set -l words (commandline -opc)
    test (count $words) -ge 3; and test "$words[2]" = -m; and contains -- "$words[3]" bounds simulate experiments
end
function __efficiency_bounds
    set -l words (commandline -opc)
    set -l before (string match -r -- '^--[^=]*=' (commandline -ct))
    set -l line (commandline -cp | string collect)
    for answer in (env %(asked)s=1 COMP_LINE=$line $words[1] -m $words[3] 2>/dev/null)
        set -l parts (string split -m 1 , -- $answer)
        if test "$parts[1]" = file
            __fish_complete_path (commandline -ct)
        else
            echo "$before$parts[2]"
        end
    end
end
complete -c python -c python3 -n __efficiency_bounds_asked -f -a "(__efficiency_bounds)"
complete -c python -c python3 -n '__fish_prev_arg_in -m' -f -a "bounds simulate experiments"
"""
SCRIPTS = {"bash": _BASH, "zsh": _BASH, "fish": _FISH}


class _Line(ShellComplete):
    """Reads the line up to the cursor, and answers with a kind and a value on each line."""

    name, source_template = "line", ""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words behind ``python -m package``, and the one that is being typed."""
        line = os.environ.get("COMP_LINE", "")
        words = split_arg_string(line)
        begun = words.pop() if words and not line[-1].isspace() else ""
        return words[3:], begun

    def format_completion(self, item: CompletionItem) -> str:
        """The kind of an answer and the answer."""
        return f"{item.type},{item.value}"


def answer_shell(command: click.Command, program: str) -> None:
    """Print what may follow in the line that a shell asks about."""
    if found := _Line(command, {}, program, ASKED).complete():
        print(found)


def print_script(context: click.Context, parameter: click.Parameter, shell: str | None) -> None:
    """Print what a shell is to read, and end: the callback of ``--completion``."""
    if shell is not None:
        print(SCRIPTS[shell] % {"asked": ASKED}, end="")
        context.exit()


def completing(names: Callable[[], Iterable[str]], *, or_file: bool = False) -> Complete:
    """Completion by `names`, which are asked for when a shell asks, and by files where one may stand there as well."""

    def complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        found = [CompletionItem(name) for name in names() if name.startswith(begun)]
        return [*found, CompletionItem(begun, type="file")] if or_file else found

    return complete


files = completing(lambda: (), or_file=True)
"""Completion by files alone."""


def law_keys() -> Iterable[str]:
    """Laws with a band."""
    from bounds.laws.published import LAWS

    return LAWS


def all_law_keys() -> Iterable[str]:
    """Laws with a band, and those of over-training and of repeated data."""
    from bounds.laws.overtraining import OVERTRAINING_LAWS
    from bounds.laws.repeated_data import REPEATED_DATA_LAWS

    return (*law_keys(), *OVERTRAINING_LAWS, *REPEATED_DATA_LAWS)


def inversion_names() -> Iterable[str]:
    """Ways from a loss to a bound."""
    from bounds.efficiency.inversions import INVERSIONS

    return INVERSIONS


def paper_versions() -> Iterable[str]:
    """Versions of the paper."""
    from bounds.base.formula.statement import PAPER_VERSIONS

    return PAPER_VERSIONS


def explained_names() -> Iterable[str]:
    """Functions, laws, inversions, accelerators and kinds of sources; formulas load more than a shell waits for."""
    import bounds
    from bounds.base.sources import KINDS
    from bounds.planning.hardware import ACCELERATORS

    functions = (name for name in bounds.__all__ if name.islower() and not name.startswith("_"))
    return (*functions, *all_law_keys(), *inversion_names(), *ACCELERATORS, *KINDS)


def column_keys() -> Iterable[str]:
    """What a column of runs may be."""
    return (f"{name}=" for name in ("n_params", "n_tokens", "compute_flops", "loss"))


def complete_source(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Kinds of sources, with an example of each, and behind a kind what it takes."""
    from bounds.base.sources import EXAMPLES, arguments_of

    kind, colon, body = begun.partition(":")
    if not colon:
        return [CompletionItem(one) for one in (*EXAMPLES, "corpus:") if one.startswith(begun)]
    head, _, last = body.rpartition(",")
    before = f"{kind}:{head}," if head else f"{kind}:"
    taken = [part.partition("=")[0] for part in head.split(",")]
    options = [name for name in arguments_of(kind) if name.startswith(last) and name not in taken]
    whole = [CompletionItem(one) for one in EXAMPLES if one.startswith(begun) and one != begun]
    return [*whole, *(CompletionItem(f"{before}{name}=") for name in options)]
