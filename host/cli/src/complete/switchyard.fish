# Completion of switchyard for fish 3.1 and newer. Read it with: switchyard completions fish | source

function __switchyard_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l current (string replace --regex '^[\'"]' '' -- $current)
    command $words[1] __complete (count $words) $words "$current" 2>/dev/null | tail -n +2
end

complete --command switchyard --no-files --keep-order --arguments '(__switchyard_complete)'
