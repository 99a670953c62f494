# Completion of switchyard for bash 4.4 and newer. Read it with: source <(switchyard completions bash)

_switchyard() {
    # Bash splits words at colons and at signs; here only blanks outside of quotes do, so the line is read anew.
    local line="${COMP_LINE:0:COMP_POINT}" quote="" char i
    local -a words=("")
    for ((i = 0; i < ${#line}; i++)); do
        char="${line:i:1}"
        if [[ -n $quote ]]; then
            if [[ $char == "$quote" ]]; then quote=""; else words[-1]+="$char"; fi
        elif [[ $char == [\'\"] ]]; then
            quote="$char"
        elif [[ $char == [[:space:]] ]]; then
            [[ -n ${words[-1]} ]] && words+=("")
        else
            [[ $char == "\\" ]] && char="${line:++i:1}"
            words[-1]+="$char"
        fi
    done
    # What bash keeps of the word, and what it replaces.
    local kept="${words[-1]%"$2"}"

    local ends="" value help
    COMPREPLY=()
    while IFS=$'\t' read -r value help; do
        if [[ -z $ends ]]; then
            ends="$value"
        elif [[ $value == "$kept"* ]]; then
            COMPREPLY+=("${value#"$kept"}")
        fi
    done < <(command "${words[0]}" __complete "$((${#words[@]} - 1))" "${words[@]}" 2> /dev/null)
    [[ $ends == nospace ]] && compopt -o nospace
    return 0
}

complete -o nosort -o bashdefault -F _switchyard switchyard
