// SPDX-License-Identifier: Apache-2.0

package results

import _ "embed"

//go:embed schema.json
var schema string

// Schema is the JSON Schema of what Write writes.
func Schema() string { return schema }
