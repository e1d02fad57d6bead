// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// clockSamples is how often the time is asked for. The quickest answer is the best.
const clockSamples = 9

// offset asks the controller of a job what time it is, and returns how far our clock
// is ahead, and by how much that may be wrong: half of what the quickest answer took.
func (b *Bus) offset(ctx context.Context, job string) (ahead, within time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, publishPatience)
	defer cancel()
	within = -1
	for range clockSamples {
		asked := time.Now()
		m, err := b.nc.RequestWithContext(ctx, clockSubject(job), nil)
		if err != nil {
			return 0, 0, err
		}
		answered := time.Now()
		ns, err := strconv.ParseInt(string(m.Data), 10, 64)
		if err != nil {
			return 0, 0, errors.New("the controller's clock makes no sense")
		}
		if took := answered.Sub(asked) / 2; within < 0 || took < within {
			within = took
			ahead = asked.Add(took).Sub(time.Unix(0, ns))
		}
	}
	return ahead, within, nil
}

// tellTime answers workers who ask for the time.
func (b *Bus) tellTime(job string) (stop func(), err error) {
	s, err := b.nc.Subscribe(clockSubject(job), func(m *nats.Msg) {
		_ = m.Respond(strconv.AppendInt(nil, time.Now().UnixNano(), 10)) // who asked asks again
	})
	if err != nil {
		return nil, err
	}
	return func() { _ = s.Unsubscribe() }, nil
}
