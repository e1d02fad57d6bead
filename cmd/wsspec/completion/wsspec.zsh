#compdef wsspec
# Completion of wsspec in zsh. Load it with: eval "$(wsspec completion zsh)"
_wsspec() {
    local -a values open
    local value help
    local -a typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    while IFS=$'\t' read -r value help; do
        case $value in
        (:files) compset -P "${(b)help}"; _files; return ;;
        (:dirs) compset -P "${(b)help}"; _files -/; return ;;
        (*=) open+=("${value//:/\\:}:$help") ;;
        (*) values+=("${value//:/\\:}:$help") ;;
        esac
    done < <(${~${(Q)words[1]}} __complete -- "${typed[@]}" 2>/dev/null)
    _describe -V wsspec open -S '' -- values
}
if [[ ${funcstack[1]} == _wsspec ]]; then
    _wsspec "$@" # loaded from $fpath
else
    compdef _wsspec wsspec
fi
