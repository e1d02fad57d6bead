# Completion of wsspec in fish. Load it with: wsspec completion fish | source
function __wsspec_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] $current 2>/dev/null)
        set -l parts (string split -m 1 \t -- $line)
        switch $parts[1]
            case :files :dirs
                set -l rest (string sub -s (math (string length -- "$parts[2]") + 1) -- "$current")
                for name in (__fish_complete_path "$rest")
                    if test $parts[1] = :files; or string match -qr '/(\t|$)' -- $name
                        echo $parts[2]$name
                    end
                end
            case '*'
                echo $line
        end
    end
end
complete -c wsspec -f -k -a '(__wsspec_complete)'
