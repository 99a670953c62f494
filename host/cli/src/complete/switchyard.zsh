#compdef switchyard
# Completion of switchyard for zsh. Read it with: source <(switchyard completions zsh)
# or save it as _switchyard in a folder of $fpath.

_switchyard() {
    local -a line answer values shown
    local space entry value
    line=("${(@Q)words[1,CURRENT]}")
    answer=("${(@f)$(command ${line[1]} __complete $((CURRENT - 1)) "${line[@]}" 2> /dev/null)}")
    space=$answer[1]
    shift answer
    for entry in $answer; do
        value=${entry%%$'\t'*}
        values+=("$value")
        if [[ $entry == *$'\t'* ]]; then
            shown+=("${(r:32:)value}  ${entry#*$'\t'}")
        else
            shown+=("$value")
        fi
    done
    (( $#values )) || return 1
    if [[ $space == nospace ]]; then
        compadd -S '' -V switchyard -l -d shown -a values
    else
        compadd -V switchyard -l -d shown -a values
    fi
}

if [[ $funcstack[1] == _switchyard ]]; then
    _switchyard "$@"
else
    compdef _switchyard switchyard
fi
