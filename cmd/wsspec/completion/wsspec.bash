# Completion of wsspec in bash. Load it with: eval "$(wsspec completion bash)"
_wsspec() {
    local line=${COMP_LINE:0:COMP_POINT} words current head='' value help name
    read -ra words <<<"$line"
    [[ $line == *[[:space:]] ]] && words+=('')
    current=${words[${#words[@]} - 1]}
    # Readline replaces only what is behind the last of its word breaks.
    local breaks=${COMP_WORDBREAKS//[^=:]/}
    if [[ -n $breaks && $current == *["$breaks"]* ]]; then
        head=${current%"${current##*["$breaks"]}"}
    fi
    COMPREPLY=()
    while IFS=$'\t' read -r value help; do
        case $value in
        :files | :dirs)
            local action=-f
            [[ $value == :dirs ]] && action=-d
            compopt -o filenames 2>/dev/null
            while IFS= read -r name; do
                name=$help$name
                COMPREPLY+=("${name#"$head"}")
            done < <(compgen "$action" -- "${current#"$help"}")
            ;;
        *)
            [[ $value == *= ]] && compopt -o nospace 2>/dev/null
            COMPREPLY+=("${value#"$head"}")
            ;;
        esac
    done < <("${1/#\~/$HOME}" __complete -- "${words[@]:1}" 2>/dev/null)
    compopt -o nosort 2>/dev/null
}
complete -F _wsspec wsspec
