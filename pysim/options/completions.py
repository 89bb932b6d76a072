"""Shell completions, written from the table of options. Names from the catalog are those of the version that printed them."""

from collections.abc import Callable, Iterator, Mapping

from pysim.options.commandline import COMMANDS
from pysim.options.exporting import EXPORT_OPTIONS
from pysim.options.option import Option
from pysim.options.table import OPTIONS

_FREE = {"tempo": ("show", "real"), "start": ("now",), "from": ("step:",), "until": ("step:",)}  # words among free text


def completions(shell: str) -> str:
    """The script for a shell: bash, zsh or fish."""
    return "\n".join(_SCRIPTS[shell]()) + "\n"


def _words(option: Option) -> tuple[str, ...]:
    return option.names or _FREE.get(option.name, ())


def _export_options() -> tuple[Option, ...]:
    """What `export` takes that a show does not."""
    shown = {option.name for option in OPTIONS}
    return tuple(option for option in EXPORT_OPTIONS if option.name not in shown)


def _flags(option: Option) -> tuple[str, ...]:
    return (f"--{option.name}", *([f"-{option.short}"] if option.short else []))


def _bash() -> Iterator[str]:
    every = " ".join(flag for option in OPTIONS for flag in _flags(option))
    of_export = " ".join(flag for option in _export_options() for flag in _flags(option))
    yield "# bash completion for pysim: source it, or put it where bash-completion looks for it"
    yield "_pysim() {"
    yield '    local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}"'
    yield "    # --option=value reaches us as three words"
    yield '    if [[ $cur == "=" ]]; then cur=""'
    yield '    elif [[ $prev == "=" ]]; then prev="${COMP_WORDS[COMP_CWORD-2]}"; fi'
    yield '    case "$prev" in'
    for option in (*OPTIONS, *_export_options()):
        if not option.is_flag:
            reply = (
                f'COMPREPLY=($(compgen -W "{" ".join(_words(option))}" -- "$cur"))'
                if _words(option)
                else "COMPREPLY=()"
            )
            yield f"        {'|'.join(_flags(option))}) {reply}; return ;;"
    yield "    esac"
    yield "    if [[ ${COMP_WORDS[1]} == export && $COMP_CWORD -gt 1 ]]; then"
    yield '        if [[ $cur != -* ]]; then compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")); return; fi'
    yield f'        COMPREPLY=($(compgen -W "{every} {of_export}" -- "$cur")); return'
    yield "    fi"
    yield f'    if [[ $COMP_CWORD == 1 && $cur != -* ]]; then COMPREPLY=($(compgen -W "{" ".join(COMMANDS)}" -- "$cur")); return; fi'
    yield f'    COMPREPLY=($(compgen -W "{every}" -- "$cur"))'
    yield "}"
    yield "complete -F _pysim pysim"


def _zsh() -> Iterator[str]:
    yield "#compdef pysim"
    yield "_pysim() {"
    yield "    if [[ ${words[2]} == export ]] && (( CURRENT > 2 )); then"
    yield "        _arguments -s \\"
    yield from (f"            {spec} \\" for option in (*OPTIONS, *_export_options()) for spec in _zsh_specs(option))
    yield "            1:command: 2:path:_files && return 0"
    yield "    fi"
    yield "    _arguments -s \\"
    yield from (f"        {spec} \\" for option in OPTIONS for spec in _zsh_specs(option))
    yield f"        '1::command:({' '.join(COMMANDS)})' && return 0"
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
    words = " ".join(word.replace(":", "\\:") for word in _words(option))
    return f"({words})" if words else " "


def _zsh_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def _fish() -> Iterator[str]:
    yield "# fish completion for pysim"
    yield "complete -c pysim -f"
    is_export, is_first = "__fish_seen_subcommand_from export", "__fish_is_first_token"
    yield f"complete -c pysim -n {is_first} -a {_single_quoted(' '.join(COMMANDS))}"
    yield f"complete -c pysim -n {_single_quoted(is_export)} -F"
    for option in (*OPTIONS, *_export_options()):
        only = f" -n {_single_quoted(is_export)}" if option in _export_options() else ""
        short = f" -s {option.short}" if option.short else ""
        value = "" if option.is_flag else " -x"
        words = f" -a {_single_quoted(' '.join(_words(option)))}" if _words(option) else ""
        yield f"complete -c pysim{only} -l {option.name}{short}{value}{words} -d {_fish_quoted(option.help)}"


def _single_quoted(text: str) -> str:
    """A word for a POSIX-like shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_SCRIPTS: Mapping[str, Callable[[], Iterator[str]]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
