// SPDX-License-Identifier: Apache-2.0

package conform

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Pick is Select for people. An entry is an id; a range of ids, as summaries print them
// ("5.6–7", with a hyphen too); a tag ("#utf8"); or a pattern in which "*" stands for
// whole numbers: "6.*" is everything below 6, and "13.*.1" the first case of each
// section of 13, but not 13.1.10. An entry to include that is none of these, or an id or
// tag that nothing has, is an error; one to exclude is passed over where nothing has it.
func Pick(all []Case, include, exclude []string) ([]Case, error) {
	in, err := pickers(all, include, true)
	if err != nil {
		return nil, err
	}
	out, err := pickers(all, exclude, false)
	if err != nil {
		return nil, err
	}
	picks := func(ps []picker, c Case) bool {
		return slices.ContainsFunc(ps, func(p picker) bool { return p(c) })
	}
	var picked []Case
	for _, c := range all {
		if picks(in, c) && !picks(out, c) {
			picked = append(picked, c)
		}
	}
	return picked, nil
}

// picker reports whether an entry picks a case.
type picker func(Case) bool

func pickers(all []Case, entries []string, mustExist bool) ([]picker, error) {
	var ps []picker
	for _, e := range entries {
		p, literal, err := pickerOf(strings.TrimSpace(e))
		if err != nil {
			return nil, err
		}
		if literal && mustExist && !slices.ContainsFunc(all, p) {
			if strings.HasPrefix(e, "#") {
				return nil, fmt.Errorf("no case has the tag %q", e)
			}
			return nil, &UnknownCaseError{e}
		}
		ps = append(ps, p)
	}
	return ps, nil
}

// pickerOf reads an entry. A literal one picks something, or is a mistake.
func pickerOf(entry string) (p picker, literal bool, err error) {
	if tag, is := strings.CutPrefix(entry, "#"); is {
		return func(c Case) bool { return c.Has(Tag(tag)) }, true, nil
	}
	if first, last, is := strings.Cut(strings.ReplaceAll(entry, "–", "-"), "-"); is && !strings.ContainsAny(entry, "*[(") {
		return rangeOf(entry, first, last)
	}
	if !strings.ContainsAny(entry, "*[]()|?+") {
		return func(c Case) bool { return c.ID == entry }, true, nil
	}
	return patternOf(entry)
}

// rangeOf picks from one id to another of the same section, whose last number is enough.
func rangeOf(entry, first, last string) (picker, bool, error) {
	section := Subcategory(first)
	from, errA := strconv.Atoi(strings.TrimPrefix(first, section+"."))
	to, errB := strconv.Atoi(strings.TrimPrefix(last, section+"."))
	if errA != nil || errB != nil || from > to {
		return nil, false, fmt.Errorf("range %q: want two ids of a section, such as 5.6-7", entry)
	}
	return func(c Case) bool {
		n, err := strconv.Atoi(strings.TrimPrefix(c.ID, section+"."))
		return err == nil && Subcategory(c.ID) == section && n >= from && n <= to
	}, true, nil
}

// patternOf matches number by number. A "*" at the end stands for any more of them.
func patternOf(entry string) (picker, bool, error) {
	parts := strings.Split(entry, ".")
	open := parts[len(parts)-1] == "*"
	if open {
		parts = parts[:len(parts)-1]
	}
	res := make([]*regexp.Regexp, len(parts))
	for i, part := range parts {
		var err error
		if res[i], err = regexp.Compile("^(?:" + strings.ReplaceAll(part, "*", "[0-9]*") + ")$"); err != nil {
			return nil, false, fmt.Errorf("pattern %q: %w", entry, err)
		}
	}
	return func(c Case) bool {
		numbers := strings.Split(c.ID, ".")
		if len(numbers) < len(res) || len(numbers) > len(res) && !open || open && len(numbers) == len(res) && len(res) > 0 {
			return false
		}
		for i, re := range res {
			if !re.MatchString(numbers[i]) {
				return false
			}
		}
		return true
	}, false, nil
}
