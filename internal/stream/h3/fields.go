// SPDX-License-Identifier: Apache-2.0

package h3

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/quic-go/qpack"

	"github.com/wsspec/wsspec/internal/ws"
)

// fieldCost is what a field counts for beside its name and value (RFC 9114, 4.2.2).
const fieldCost = 32

var errFieldsTooLong = fmt.Errorf("a field section of more than %d octets", MaxFields)

// AppendFields appends fields as QPACK has them (RFC 9204), names as they are given and in
// the order given, whether or not that is legal.
func AppendFields(dst []byte, fields ws.Fields) []byte {
	var b bytes.Buffer
	enc := qpack.NewEncoder(&b)
	for _, f := range fields {
		_ = enc.WriteField(qpack.HeaderField{Name: f.Name, Value: f.Value}) // a buffer takes everything
	}
	_ = enc.Close()
	if len(fields) == 0 {
		return append(dst, 0, 0) // the prefix is there in any case (RFC 9204, 4.5.1)
	}
	return append(dst, b.Bytes()...)
}

// ParseFields reads a field section that refers to no dynamic table.
func ParseFields(b []byte) (ws.Fields, error) {
	next := qpack.NewDecoder().Decode(b)
	fields := ws.Fields{}
	for size := 0; ; {
		f, err := next()
		switch {
		case errors.Is(err, io.EOF):
			return fields, nil
		case err != nil:
			return nil, err
		}
		if size += len(f.Name) + len(f.Value) + fieldCost; size > MaxFields {
			return nil, errFieldsTooLong
		}
		fields = append(fields, ws.Field{Name: f.Name, Value: f.Value})
	}
}
