// SPDX-License-Identifier: Apache-2.0

package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// A WordedError says what has happened in a sentence, in place of the word or two that the
// system has for it.
type WordedError struct {
	Words string
	Err   error // what it comes from, which is not told
}

func (e *WordedError) Error() string { return e.Words }

// Unwrap is what it comes from.
func (e *WordedError) Unwrap() error { return e.Err }

// Worded says in words why nothing came of a connection for which there was so much time. An
// error that says so itself stays as it is.
func Worded(err error, patience time.Duration) error {
	if _, done := errors.AsType[*WordedError](err); err == nil || done {
		return err
	}
	op, _ := errors.AsType[*net.OpError](err)
	connecting := op != nil && op.Op == "dial"
	late := errors.Is(err, context.DeadlineExceeded) || IsTimeout(err)
	words := ""
	switch {
	case late && connecting && op.Addr != nil:
		words = fmt.Sprintf("nothing answers at %v within %v: a firewall may drop what is sent there", op.Addr, patience)
	case connecting:
		return err // refused, most often, and by whom
	case late:
		words = fmt.Sprintf("it takes the connection, and then nothing comes within %v", patience)
	case IsReset(err):
		words = "it takes the connection, and then resets it without an answer"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		words = "it takes the connection, and then ends it without an answer"
	default:
		return err
	}
	return &WordedError{words, err}
}
