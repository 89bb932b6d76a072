"""Shell completions, written from the table of options. Names from the catalog are those of the version that printed them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from pysim.options.corpora import CORPUS_OPTIONS
from pysim.options.exporting import EXPORT_OPTIONS
from pysim.options.option import Option
from pysim.options.table import OPTIONS

_FREE = {"tempo": ("show", "real"), "start": ("now",), "from": ("step:",), "until": ("step:",)}  # words among free text
_FILES = frozenset({"spec"})  # options whose value is a file


def completions(shell: str) -> str:
    """The script for a shell: bash, zsh or fish."""
    return "\n".join(_SCRIPTS[shell]()) + "\n"


def _words(option: Option) -> tuple[str, ...]:
    return option.names or _FREE.get(option.name, ())


def _commands() -> Mapping[str, tuple[Option, ...]]:
    """What each command takes, by the first word; all write to a place, which is the word that is no option."""
    return {"export": _distinct(OPTIONS, EXPORT_OPTIONS), "corpus": CORPUS_OPTIONS}


def _every() -> tuple[Option, ...]:
    """What can be asked for anywhere; an option takes the same words wherever it does."""
    return _distinct(OPTIONS, *_commands().values())


def _distinct(*tables: Iterable[Option]) -> tuple[Option, ...]:
    """Each once, as the first table has it."""
    found: dict[str, Option] = {}
    for option in chain(*tables):
        found.setdefault(option.name, option)
    return tuple(found.values())


def _flags(option: Option) -> tuple[str, ...]:
    return (f"--{option.name}", *([f"-{option.short}"] if option.short else []))


def _all_flags(options: Iterable[Option]) -> str:
    return " ".join(flag for option in options for flag in _flags(option))


def _bash() -> Iterator[str]:
    yield "# bash completion for pysim: source it, or put it where bash-completion looks for it"
    yield "_pysim() {"
    yield '    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" options'
    yield "    # --option=value reaches us as three words"
    yield '    if [[ $cur == "=" ]]; then cur=""'
    yield '    elif [[ $prev == "=" ]]; then prev="${COMP_WORDS[COMP_CWORD-2]}"; fi'
    yield '    case "$prev" in'
    yield from (
        f"        {'|'.join(_flags(option))}) {_bash_values(option)}; return ;;"
        for option in _every()
        if not option.is_flag
    )
    yield "    esac"
    yield '    case "${COMP_WORDS[1]}" in'
    yield from (f'        {name}) options="{_all_flags(options)}" ;;' for name, options in _commands().items())
    yield "    esac"
    yield "    if [[ -n $options && $COMP_CWORD -gt 1 ]]; then"
    yield f"        if [[ $cur != -* ]]; then {_BASH_FILES}; return; fi"
    yield '        COMPREPLY=($(compgen -W "$options" -- "$cur")); return'
    yield "    fi"
    yield f'    if [[ $COMP_CWORD == 1 && $cur != -* ]]; then COMPREPLY=($(compgen -W "{" ".join(_commands())}" -- "$cur")); return; fi'
    yield f'    COMPREPLY=($(compgen -W "{_all_flags(OPTIONS)}" -- "$cur"))'
    yield "}"
    yield "complete -F _pysim pysim"


_BASH_FILES = 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))'


def _bash_values(option: Option) -> str:
    if option.name in _FILES:
        return _BASH_FILES
    return f'COMPREPLY=($(compgen -W "{" ".join(_words(option))}" -- "$cur"))' if _words(option) else "COMPREPLY=()"


def _zsh() -> Iterator[str]:
    yield "#compdef pysim"
    yield "_pysim() {"
    for name, options in _commands().items():
        yield f"    if [[ ${{words[2]}} == {name} ]] && (( CURRENT > 2 )); then"
        yield "        _arguments -s \\"
        yield from (f"            {spec} \\" for option in options for spec in _zsh_specs(option))
        yield "            1:command: 2:path:_files && return 0"
        yield "        return 1"
        yield "    fi"
    yield "    _arguments -s \\"
    yield from (f"        {spec} \\" for option in OPTIONS for spec in _zsh_specs(option))
    yield f"        '1::command:({' '.join(_commands())})' && return 0"
    yield "}"
    yield 'if [ "$funcstack[1]" = "_pysim" ]; then _pysim "$@"; else compdef _pysim pysim; fi'


def _zsh_specs(option: Option) -> Iterator[str]:
    """One spec per spelling; `*` lets a repeatable option come again, else it excludes its own spellings."""
    again = "*" if option.repeatable else f"({' '.join(_flags(option))})"
    for flag in _flags(option):
        value = "" if option.is_flag else f":{option.metavar}:{_zsh_values(option)}"
        joint = "=" if value and flag.startswith("--") else ("+" if value else "")
        yield _single_quoted(f"{again}{flag}{joint}[{_zsh_text(option.help)}]{value}")


def _zsh_values(option: Option) -> str:
    if option.name in _FILES:
        return "_files"
    words = " ".join(word.replace(":", "\\:") for word in _words(option))
    return f"({words})" if words else " "


def _zsh_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def _fish() -> Iterator[str]:
    yield "# fish completion for pysim"
    yield "complete -c pysim -f"
    yield f"complete -c pysim -n __fish_is_first_token -a {_single_quoted(' '.join(_commands()))}"
    yield f"complete -c pysim -n {_single_quoted(_fish_seen(_commands()))} -F"
    for option in _every():
        yield _fish_option(option, _fish_condition(option))


def _fish_condition(option: Option) -> str:
    """Where an option can be asked for; empty for everywhere."""
    takes = {name: option.name in {each.name for each in options} for name, options in _commands().items()}
    if option not in OPTIONS:
        return _fish_seen(name for name, does in takes.items() if does)
    return "" if all(takes.values()) else f"not {_fish_seen(name for name, does in takes.items() if not does)}"


def _fish_seen(commands: Iterable[str]) -> str:
    return f"__fish_seen_subcommand_from {' '.join(commands)}"


def _fish_option(option: Option, condition: str) -> str:
    only = f" -n {_single_quoted(condition)}" if condition else ""
    short = f" -s {option.short}" if option.short else ""
    value = "" if option.is_flag else (" -r -F" if option.name in _FILES else " -x")
    words = f" -a {_single_quoted(' '.join(_words(option)))}" if _words(option) else ""
    return f"complete -c pysim{only} -l {option.name}{short}{value}{words} -d {_fish_quoted(option.help)}"


def _single_quoted(text: str) -> str:
    """A word for a POSIX-like shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SCRIPTS: Mapping[str, Callable[[], Iterator[str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
