// SPDX-License-Identifier: Apache-2.0

package wsspec

import (
	"slices"
	"strings"

	"github.com/wsspec/wsspec/internal/conform"
	"github.com/wsspec/wsspec/internal/runner"
)

// AllCompression runs every compression case, which takes minutes. A few of each group
// are run without it.
func AllCompression() Option { return func(c *config) { c.compression = true } }

// cut reports whether the case is one of the compression cases that are left out where
// nobody asks for them: groups have 18, of which the sizes 1, 5 and 10 stay, and one in
// fragments.
func (c *config) cut(k runner.Planned) bool {
	group, row := conform.Subcategory(k.ID), k.ID[strings.LastIndexByte(k.ID, '.')+1:]
	matrix := strings.HasPrefix(group, "12.") || strings.HasPrefix(group, "13.")
	return matrix && !c.compression && !c.asked && !slices.Contains([]string{"1", "5", "10", "18"}, row)
}
